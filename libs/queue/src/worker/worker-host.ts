import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { FairQueue } from '../fair-queue.js';
import { JobAdmission } from '../job-admission.js';
import { JobEvents } from '../job-events.js';
import { JobFaults } from '../job-faults.js';
import type { FairQueueModuleOptions } from '../queue-module.options.js';
import type { HandlerRegistry } from './handler-registry.js';
import { toJobError } from './job-error.js';
import { QueueWorker, type StuckRun } from './queue-worker.js';
import { SparseLog } from './sparse-log.js';

/** What a busy machine may add to a lease, in ms. */
const STUCK_GRACE_MS = 5_000;

/** Starts a queue's worker once the application is up, stops it before connections close. */
export class WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('FairQueue');
  private readonly faultLog = new SparseLog((text) => this.logger.warn(text));
  private started: QueueWorker | undefined;
  private stuck: readonly StuckRun[] = [];

  constructor(
    private readonly queue: FairQueue,
    private readonly options: FairQueueModuleOptions,
    private readonly handlers: HandlerRegistry,
    private readonly modules: ModuleRef,
    private readonly scheduler: SchedulerRegistry,
  ) {}

  /** The running worker; throws where this process has none. */
  get worker(): QueueWorker {
    if (!this.started) throw new Error(`The queue "${this.queue.name}" has no worker in this process`);
    return this.started;
  }

  /** Runs of this process that have held their slot beyond lease and grace; empty where it has no worker. */
  get stuckRuns(): readonly StuckRun[] {
    return this.started?.stuckRuns(STUCK_GRACE_MS) ?? [];
  }

  /** Runs at once in this process; 0 where it has no worker. */
  get slots(): number {
    return this.started?.options.concurrency ?? 0;
  }

  onApplicationBootstrap(): void {
    const { worker, jobNames = [] } = this.options;
    if (worker === false) return;
    const runners = this.handlers.runnersOf(this.queue.name, jobNames);
    const parts = {
      queue: this.queue,
      runners,
      admission: this.find<JobAdmission>(JobAdmission),
      events: this.find<JobEvents>(JobEvents),
      faults: this.find<JobFaults>(JobFaults),
      onError: (error: unknown) => this.faultLog.write(toJobError(error).message),
    };
    this.started = new QueueWorker(parts, worker);
    if (this.options.autoStart ?? true) this.start(this.started);
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.scheduler.doesExist('interval', this.intervalName))
      this.scheduler.deleteInterval(this.intervalName);
    await this.started?.stop();
    await this.queue.close();
  }

  private start(worker: QueueWorker): void {
    worker.start({ ownSafetyNet: false });
    const interval = setInterval(() => {
      void worker.tend();
      this.tellOfStuckRuns();
    }, worker.options.safetyNetMs);
    this.scheduler.addInterval(this.intervalName, interval);
  }

  /** Once for each change of their number. */
  private tellOfStuckRuns(): void {
    const stuck = this.stuckRuns;
    if (stuck.length === this.stuck.length) return;
    this.stuck = stuck;
    const jobs = stuck.slice(0, 5).map(({ jobId, tenantId }) => `${jobId} of ${tenantId}`);
    const named = jobs.length === 0 ? '' : `: ${jobs.join(', ')}${stuck.length > jobs.length ? ' …' : ''}`;
    this.logger.warn(
      `${stuck.length} of ${this.slots} slots are held beyond lease and grace by runs that should have ended${named}`,
    );
  }

  private get intervalName(): string {
    return `fair-queue:${this.queue.name}`;
  }

  /** Ports may live in any module; looking them up late keeps modules free of circles. */
  private find<Port>(token: symbol): Port | undefined {
    try {
      return this.modules.get<Port>(token, { strict: false });
    } catch {
      return undefined;
    }
  }
}
