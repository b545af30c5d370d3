import type { EnqueueAnswer, NewJob } from './store/scripts/enqueue-jobs.js';

interface Waiting {
  readonly job: NewJob;
  readonly resolve: (answer: EnqueueAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_JOBS = 64;
const MAX_BYTES = 512 * 1024;

/** Sends the jobs of one turn of the event loop in one script; each still gets its own answer. */
export class EnqueueBatcher {
  private waiting: Waiting[] = [];
  private bytes = 0;

  constructor(private readonly write: (jobs: readonly NewJob[]) => Promise<EnqueueAnswer[]>) {}

  add(job: NewJob): Promise<EnqueueAnswer> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) setImmediate(() => this.send());
      this.waiting.push({ job, resolve, reject });
      this.bytes += job.payload.length;
      if (this.waiting.length >= MAX_JOBS || this.bytes >= MAX_BYTES) this.send();
    });
  }

  private send(): void {
    const batch = this.waiting;
    this.waiting = [];
    this.bytes = 0;
    if (batch.length === 0) return;
    this.write(batch.map(({ job }) => job)).then(
      (answers) => batch.forEach(({ resolve }, index) => resolve(answers[index]!)),
      (error: unknown) => batch.forEach(({ reject }) => reject(error)),
    );
  }
}
