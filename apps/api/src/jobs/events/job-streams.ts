import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import { FairQueue } from 'fairshare/queue';
import { Environment } from '../../config/environment.js';
import { Problem } from '../../problems/problem.js';
import { jobsChannel } from '../../signals/channels.js';
import { RedisSignals } from '../../signals/redis-signals.js';
import { JobJournal, type JobRow } from '../job-journal.js';
import type { Seen } from './event-id.js';
import { JobStream } from './job-stream.js';

interface Listening {
  readonly streams: Set<JobStream>;
  readonly stop: () => void;
}

/** The open streams of this node; all of a tenant share one subscription. */
@Injectable()
export class JobStreams implements BeforeApplicationShutdown {
  private readonly tenants = new Map<string, Listening>();

  constructor(
    private readonly queue: FairQueue,
    private readonly journal: JobJournal,
    private readonly signals: RedisSignals,
    @Inject(Environment) private readonly environment: Environment,
  ) {}

  /** Streams of this node that are open now. */
  get size(): number {
    return [...this.tenants.values()].reduce((sum, { streams }) => sum + streams.size, 0);
  }

  /** Throws `too_many_streams` beyond MAX_JOB_STREAMS_PER_TENANT. */
  open(row: JobRow, seen: Seen): JobStream {
    const { MAX_JOB_STREAMS_PER_TENANT: most, JOB_STREAM_HEARTBEAT_MS: heartbeatMs } = this.environment;
    const { id: jobId, tenantId } = row;
    if ((this.tenants.get(tenantId)?.streams.size ?? 0) >= most) throw tooMany(most);
    const { queue, journal } = this;
    const stream = new JobStream({ queue, journal, jobId, tenantId, seen, heartbeatMs });
    this.listeningTo(tenantId).streams.add(stream);
    stream.once('close', () => this.leave(tenantId, stream));
    stream.start(row);
    return stream;
  }

  beforeApplicationShutdown(): void {
    for (const { streams } of this.tenants.values()) for (const stream of streams) stream.close();
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
