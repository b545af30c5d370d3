import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { SchedulerRegistry } from '@nestjs/schedule';
import type { FairQueue } from '../fair-queue.js';
import { JobAdmission } from '../job-admission.js';
import { JobEvents } from '../job-events.js';
import type { FairQueueModuleOptions } from '../queue-module.options.js';
import type { HandlerRegistry } from './handler-registry.js';
import { QueueWorker } from './queue-worker.js';

/** Starts a queue's worker once the application is up, stops it before connections close. */
export class WorkerHost implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('FairQueue');
  private started: QueueWorker | undefined;

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

  onApplicationBootstrap(): void {
    const { worker, jobNames = [] } = this.options;
    if (worker === false) return;
    const runners = this.handlers.runnersOf(this.queue.name, jobNames);
    const parts = {
      queue: this.queue,
      runners,
      admission: this.find<JobAdmission>(JobAdmission),
      events: this.find<JobEvents>(JobEvents),
      onError: (error: unknown) => this.logger.warn(error instanceof Error ? error.message : String(error)),
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
    const interval = setInterval(() => void worker.tend(), worker.options.safetyNetMs);
    this.scheduler.addInterval(this.intervalName, interval);
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
