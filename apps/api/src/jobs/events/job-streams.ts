import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { FairQueue } from 'fairshare/queue';
import { LimitInvalidation } from 'fairshare/quota';
import { Environment } from '../../config/environment.js';
import { Problem } from '../../problems/problem.js';
import { ProblemTable } from '../../problems/problem-table.js';
import { jobsChannel } from '../../signals/channels.js';
import { RedisSignals } from '../../signals/redis-signals.js';
import { ApiKeys } from '../../tenancy/api-keys.js';
import { TenantResolver } from '../../tenancy/tenant-resolver.js';
import { JobJournal, type JobRow } from '../job-journal.js';
import type { Seen } from './event-id.js';
import { JobStream } from './job-stream.js';
import { OwnerChecks } from './owner-checks.js';

interface Listening {
  readonly streams: Set<JobStream>;
  readonly stop: () => void;
}

export interface StreamRequest {
  readonly row: JobRow;
  readonly seen: Seen;
  /** Whose identity is asked for again while the stream is open. */
  readonly request: FastifyRequest;
}

/** The open streams of this node; all of a tenant share one subscription. */
@Injectable()
export class JobStreams implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly tenants = new Map<string, Listening>();
  private readonly checks = new OwnerChecks();
  private stopListening: (() => void)[] = [];
  private isClosing = false;

  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly signals: RedisSignals,
    private readonly resolver: TenantResolver,
    private readonly apiKeys: ApiKeys,
    private readonly invalidation: LimitInvalidation,
    private readonly problems: ProblemTable,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** Streams of this node that are open now. */
  get size(): number {
    return this.all().length;
  }

  /** Throws `too_many_streams` beyond MAX_JOB_STREAMS_PER_TENANT, and `unavailable` while the node shuts down. */
  checkRoom(tenantId: string): void {
    const { MAX_JOB_STREAMS_PER_TENANT: most } = this.environment;
    if (this.isClosing) throw shutsDown();
    if ((this.tenants.get(tenantId)?.streams.size ?? 0) >= most) throw tooMany(most);
  }

  /** Throws as `checkRoom`. */
  open({ row, seen, request }: StreamRequest): JobStream {
    const { JOB_STREAM_HEARTBEAT_MS: heartbeatMs } = this.environment;
    const { id: jobId, tenantId } = row;
    this.checkRoom(tenantId);
    const { queue, journal } = this;
    const checkOwner = () => this.resolver.recheck(request);
    const problemOf = (error: unknown) => this.problems.problemOf(error);
    const parts = { queue, journal, jobId, tenantId, seen, heartbeatMs, checkOwner, problemOf };
    const stream = new JobStream(parts);
    this.listeningTo(tenantId).streams.add(stream);
    stream.once('close', () => this.leave(tenantId, stream));
    stream.start(row);
    return stream;
  }

  onApplicationBootstrap(): void {
    this.stopListening = [
      this.apiKeys.onRevoked(() => this.checks.ask(this.all())),
      this.invalidation.onInvalidated((scope) =>
        this.checks.ask(scope === 'all' ? this.all() : (this.tenants.get(scope)?.streams ?? [])),
      ),
    ];
  }

  // Before anything waits for work to end: who follows goes to another node at once.
  onModuleDestroy(): void {
    this.isClosing = true;
    for (const stop of this.stopListening) stop();
    for (const stream of this.all()) stream.close();
  }

  private all(): JobStream[] {
    return [...this.tenants.values()].flatMap(({ streams }) => [...streams]);
  }

  private listeningTo(tenantId: string): Listening {
    const known = this.tenants.get(tenantId);
    if (known) return known;
    const streams = new Set<JobStream>();
    const channel = jobsChannel(this.environment.REDIS_KEY_PREFIX, tenantId);
    const stop = this.signals.listen(channel, (message) => {
      for (const stream of streams) stream.hint(message);
    });
    const listening = { streams, stop };
    this.tenants.set(tenantId, listening);
    return listening;
  }

  private leave(tenantId: string, stream: JobStream): void {
    const listening = this.tenants.get(tenantId);
    listening?.streams.delete(stream);
    if (!listening || listening.streams.size > 0) return;
    listening.stop();
    this.tenants.delete(tenantId);
  }
}

function tooMany(most: number): Problem {
  return new Problem(
    'too_many_streams',
    `You follow ${most} jobs already; close one, or look at the others with GET /jobs/{id}.`,
    { headers: { 'Retry-After': '5' } },
  );
}

function shutsDown(): Problem {
  return new Problem('unavailable', 'This node shuts down; follow the job at another one.', {
    headers: { 'Retry-After': '1' },
  });
}
