import { startEstimate } from '../start-estimate.js';
import { Readable } from 'node:stream';
import { FairQueue, type JobState } from 'fairshare/queue';
import { Problem } from '../../problems/problem.js';
import { hasEnded, type JobJournal, type JobRow } from '../job-journal.js';
import { type Seen, writeEventId } from './event-id.js';

export interface JobStreamParts {
  readonly queue: FairQueue;
  readonly journal: JobJournal;
  readonly jobId: string;
  readonly tenantId: string;
  /** What the client has seen already. */
  readonly seen: Seen;
  readonly heartbeatMs: number;
  /** Throws a refusal where the owner of the stream is let in no longer. */
  readonly checkOwner: () => Promise<void>;
  /** What a client is told of an error. */
  readonly problemOf: (error: unknown) => Problem | undefined;
}

const COMMENT = ':\n\n';
/** How long a stream stays open while nobody can tell whether its owner is let in, in ms: as long as old limits serve. */
const MOST_UNCHECKED_MS = 600_000;

/**
 * Server-sent events of one job, until it has ended or the client leaves. It looks when it is told of a change in its
 * tenant's line, and with each heartbeat, since hints may be lost; PostgreSQL is asked only for the end. Before each look
 * it asks whether its owner is still let in, and closes where it is not.
 */
export class JobStream extends Readable {
  private seen: Seen;
  private looking = false;
  private lookAgain = false;
  private checkedAtMs = performance.now();
  private readonly heartbeat: NodeJS.Timeout;

  constructor(private readonly parts: JobStreamParts) {
    super();
    this.seen = parts.seen;
    this.heartbeat = setInterval(() => {
      this.write(COMMENT);
      this.look();
    }, parts.heartbeatMs).unref();
  }

  override _read(): void {
    // Events come when they come.
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.heartbeat);
    done(error);
  }

  /** A hint of `jobsChannel`: `<job id> <state>`; undefined: anything may have changed. */
  hint(message: string | undefined): void {
    const [jobId, state] = message?.split(' ') ?? [];
    // The journal knows of an end before the queue does.
    if (jobId === this.parts.jobId && hasEnded(state as JobState)) void this.lookAtJournal();
    else if (message === undefined || jobId === this.parts.jobId || this.seen.state === 'waiting')
      this.look();
  }

  /** Tells the first state. */
  start(row: JobRow): void {
    this.write(COMMENT); // The headers go out with the first bytes, and there may be nothing to tell for long.
    if (hasEnded(row.state)) this.finish(row);
    else this.look();
  }

  /** Ends the stream where its owner is let in no longer. false: nobody can tell now. Never rejects. */
  async checkOwner(): Promise<boolean> {
    try {
      await this.parts.checkOwner();
      this.checkedAtMs = performance.now();
      return true;
    } catch (error) {
      const problem = this.parts.problemOf(error);
      if (problem && problem.status < 500) {
        this.refuse(problem);
        return true;
      }
      if (performance.now() - this.checkedAtMs > MOST_UNCHECKED_MS) this.close();
      return false;
    }
  }

  /** Ends without a result: the client comes back and resumes, at another node. */
  close(): void {
    this.push(null);
  }

  /** Many hints while it looks are one further look. */
  private look(): void {
    this.lookAgain = true;
    if (this.looking) return;
    this.looking = true;
    void (async () => {
      while (this.lookAgain && this.isOpen) {
        this.lookAgain = false;
        await this.lookOnce().catch(() => undefined); // The next hint or heartbeat finds it.
      }
      this.looking = false;
    })();
  }

  private async lookOnce(): Promise<void> {
    const { queue, jobId, tenantId } = this.parts;
    await this.checkOwner();
    if (!this.isOpen) return;
    const [view, explained] = await Promise.all([
      queue.get({ jobId, tenantId }),
      queue.explain({ jobId, tenantId }),
    ]);
    if (!view || !explained || hasEnded(view.state)) return this.lookAtJournal();
    this.tellState({ state: view.state, attempts: view.attempts });
    if (explained.position === null || explained.position === this.seen.position) return;
    this.seen = { ...this.seen, position: explained.position };
    this.tell('position', {
      position: explained.position,
      jobs_before: explained.jobsBefore,
      ...startEstimate(explained),
      waiting_for: explained.parkReason,
    });
  }

  private async lookAtJournal(): Promise<void> {
    const row = await this.parts.journal.find(this.parts.jobId, this.parts.tenantId).catch(() => undefined);
    await this.checkOwner();
    if (row === null) this.refuse(new Problem('not_found', 'The job is gone.'));
    else if (row && hasEnded(row.state)) this.finish(row);
  }

  private finish(row: JobRow): void {
    if (!this.isOpen) return;
    this.tellState(row);
    this.seen = { ...this.seen, endedAtMs: row.finishedAt?.getTime() ?? 0 };
    this.tell('result', { state: row.state, result: row.result ?? null, error: row.error ?? null });
    this.push(null);
  }

  /** Says why it ends. The event has no id: who comes back goes on after what it saw of the job. */
  private refuse({ code, message }: Problem): void {
    if (!this.isOpen) return;
    this.write(`event: closed\ndata: ${JSON.stringify({ code, detail: message })}\n\n`);
    this.push(null);
  }

  private tellState({ state, attempts }: { state: JobState; attempts: number }): void {
    if (!this.isOpen || (state === this.seen.state && attempts === this.seen.attempts)) return;
    this.seen = { state, attempts, position: null };
    this.tell('state', { job_id: this.parts.jobId, state, attempts });
  }

  private tell(event: string, data: object): void {
    this.write(
      `event: ${event}\nid: ${writeEventId(this.parts.jobId, this.seen)}\ndata: ${JSON.stringify(data)}\n\n`,
    );
  }

  private write(text: string): void {
    if (this.isOpen) this.push(text);
  }

  private get isOpen(): boolean {
    return !this.destroyed && !this.readableEnded && !this.hasPushedEnd;
  }

  private hasPushedEnd = false;

  override push(chunk: unknown): boolean {
    if (chunk === null) this.hasPushedEnd = true;
    return super.push(chunk);
  }
}
