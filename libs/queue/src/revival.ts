import type { JobEvents } from './job-events.js';
import type { SomeRequeued } from './queue.requests.js';
import type { Job, JobView } from './queue.types.js';
import { PLACES } from './store/scripts/page-jobs.js';
import type { QueueShard } from './store/queue-shard.js';

interface Parts {
  readonly queue: string;
  readonly shard: QueueShard;
  readonly events: JobEvents;
}

const STEP = 50;

/** Requeues the tenant's dead jobs until one does not fit; the journal knows of each before it can run. */
export async function reviveAll(parts: Parts, tenantId: string): Promise<number> {
  let total = 0;
  for (;;) {
    const { jobIds, then } = await reviveSome(parts, tenantId);
    total += jobIds.length;
    if (then !== 'more') return total;
  }
}

/** The same for a few. `full`: the next one does not fit. `none`: no dead job is left. */
export async function reviveSome(parts: Parts, tenantId: string): Promise<SomeRequeued> {
  const page = { tenantId, place: PLACES.dead, after: Buffer.alloc(0), limit: STEP };
  const { jobs } = await parts.shard.page(page);
  const jobIds: string[] = [];
  for (const view of jobs) {
    const fate = await reviveOne(parts, view);
    if (fate === 'full') return { jobIds, then: 'full' };
    if (fate === 'revived') jobIds.push(view.jobId);
  }
  return { jobIds, then: jobs.length < STEP ? 'none' : 'more' };
}

/** `full`: it does not fit and stays dead. `gone`: another was faster. */
export async function reviveOne(
  { queue, shard, events }: Parts,
  view: JobView,
): Promise<'revived' | 'full' | 'gone'> {
  const job = jobOf(queue, view);
  await events.onTransition({ job, from: 'dead', to: 'waiting', atMs: Date.now() });
  if ((await shard.requeueDead(view.tenantId, view.jobId)) === 1) return 'revived';
  const now = await shard.find(view.jobId);
  if (now?.state !== 'dead') return 'gone';
  await events.onTransition({ job, from: 'waiting', to: 'dead', atMs: Date.now(), error: view.error });
  return 'full';
}

function jobOf(queue: string, view: JobView): Job {
  const { jobId, tenantId, name, cost, priority, maxAttempts, createdAtMs } = view;
  const identity = { queue, jobId, tenantId, name, payload: view.payload ?? null };
  return { ...identity, cost, priority, maxAttempts, createdAtMs, attempt: 0, expiresAtMs: null, token: 0 };
}
