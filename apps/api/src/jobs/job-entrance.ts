import { Injectable } from '@nestjs/common';
import { type EnqueueRequest, FairQueue, type QueueRoom, type Refused } from 'fairshare/queue';

/**
 * Lets in only jobs that the queue has room for, so that a refusal writes nothing. Those on their way to the queue count
 * as well; where they alone would make it full, the next one waits until they have come. The queue itself decides for
 * good: another node may take the last place meanwhile.
 */
@Injectable()
export class JobEntrance {
  private readonly entering = new Set<{ readonly tenantId: string; readonly room: QueueRoom }>();
  private readonly doubtful = new Map<string, Promise<unknown>>();
  private arrived: () => void = () => undefined;
  private arrival = new Promise<void>((resolve) => (this.arrived = resolve));

  constructor(private readonly queue: FairQueue) {}

  /** What `accept` gives, or the bound that refuses the job before `accept` is called. */
  async enter<Answer>(job: EnqueueRequest, accept: () => Promise<Answer>): Promise<Answer | Refused> {
    const refused = this.look(job, await this.queue.roomOf(job.tenantId));
    const decided = refused === 'doubtful' ? await this.inOrder(job) : refused;
    if (typeof decided === 'object' && 'accepted' in decided) return decided;
    try {
      return await accept();
    } finally {
      this.entering.delete(decided);
      this.arrived();
      this.arrival = new Promise<void>((resolve) => (this.arrived = resolve));
    }
  }

  /** Takes a place where there is one; `doubtful` where that depends on those who are on their way. */
  private look(job: EnqueueRequest, room: QueueRoom) {
    const refused = this.queue.refusalOf(job, room);
    if (refused) return refused;
    if (this.queue.refusalOf(job, this.withEntering(job.tenantId, room))) return 'doubtful' as const;
    const entered = { tenantId: job.tenantId, room: this.queue.roomFor(job) };
    this.entering.add(entered);
    return entered;
  }

  /** One of a tenant at a time, so that a crowd does not look with each arrival. */
  private inOrder(job: EnqueueRequest) {
    const { tenantId } = job;
    const turn = (this.doubtful.get(tenantId) ?? Promise.resolve()).then(() => this.whenCertain(job));
    const ended = turn
      .catch(() => undefined)
      .then(() => {
        if (this.doubtful.get(tenantId) === ended) this.doubtful.delete(tenantId);
      });
    this.doubtful.set(tenantId, ended);
    return turn;
  }

  private async whenCertain(job: EnqueueRequest) {
    for (;;) {
      const { arrival } = this;
      const decided = this.look(job, await this.queue.roomOf(job.tenantId));
      if (decided !== 'doubtful') return decided;
      await arrival;
    }
  }

  private withEntering(tenantId: string, room: QueueRoom): QueueRoom {
    let { tenantJobs, tenantBytes, totalJobs, totalBytes } = room;
    for (const entering of this.entering) {
      if (entering.tenantId === tenantId) {
        tenantJobs += entering.room.tenantJobs;
        tenantBytes += entering.room.tenantBytes;
      }
      totalJobs += entering.room.totalJobs;
      totalBytes += entering.room.totalBytes;
    }
    return { tenantJobs, tenantBytes, totalJobs, totalBytes };
  }
}
