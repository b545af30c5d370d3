import type { ResolvedQueueOptions } from './queue.options.js';
import type { Explanation, JobView, WhyNotRunning } from './queue.types.js';
import type { Standing } from './store/scripts/explain-job.js';

interface Facts {
  readonly view: JobView;
  /** Undefined once the job has ended. */
  readonly standing: Standing | undefined;
  /** Jobs begun per second lately. */
  readonly perSecond: number;
  readonly options: ResolvedQueueOptions;
}

/** Puts what is known of a job into words. */
export function explain(facts: Facts): Explanation {
  const { view, standing } = facts;
  const why = whyNotRunning(facts);
  const jobsBefore = standing?.isInLine && standing.jobsBefore >= 0 ? standing.jobsBefore : null;
  return {
    jobId: view.jobId,
    tenantId: view.tenantId,
    state: view.state,
    position: standing?.isInLine ? standing.ahead + 1 : null,
    jobsBefore,
    estimatedStartAtMs: estimateStart(facts, jobsBefore),
    why,
    parkReason: why === 'parked' ? standing!.parkReason : null,
    untilMs: untilWhen(standing, why),
    remedy: REMEDIES[why],
  };
}

const REMEDIES: Readonly<Record<WhyNotRunning, string>> = {
  running: 'It is running.',
  ended: 'It has ended.',
  delayed: 'It runs once its delay or its pause before the next attempt is over.',
  paused: 'Resume the tenant.',
  queue_paused: 'Resume the queue: all tenants are paused.',
  parked: 'It runs once the tenant may: wait until the time given, or free what it lacks.',
  tenant_concurrency: 'It runs once a running job of the tenant ends, or the tenant may run more at once.',
  queue_concurrency: 'It runs once a running job of the queue ends, or the queue may run more at once.',
  behind_own_jobs:
    'It runs once the jobs before it in its own line have started; a higher priority would pass them.',
  waiting_for_turn: 'It runs at its turn among the tenants; more workers would make turns come sooner.',
};

function whyNotRunning({ view, standing, options }: Facts): WhyNotRunning {
  if (view.state === 'running') return 'running';
  if (!standing) return 'ended';
  if (standing.queuePaused) return 'queue_paused';
  if (standing.paused) return 'paused';
  if (!standing.isInLine) return 'delayed';
  if (standing.parkedUntilMs !== 0) return 'parked';
  if (standing.capped) return 'tenant_concurrency';
  if (options.maxRunning > 0 && standing.running >= options.maxRunning) return 'queue_concurrency';
  return standing.ahead > 0 ? 'behind_own_jobs' : 'waiting_for_turn';
}

function untilWhen(standing: Standing | undefined, why: WhyNotRunning): number | null {
  if (why === 'delayed') return standing!.dueAtMs || null;
  if (why === 'parked') return standing!.parkedUntilMs > 0 ? standing!.parkedUntilMs : null;
  return null;
}

function estimateStart({ view, standing, perSecond }: Facts, jobsBefore: number | null): number | null {
  if (!standing) return view.startedAtMs;
  if (view.state === 'running') return view.startedAtMs;
  // Nobody knows when an operator resumes.
  if (standing.paused || standing.queuePaused) return null;
  if (!standing.isInLine) return standing.dueAtMs || null;
  // What the tenant is parked for holds for its first job; those behind it may be parked again.
  if (standing.parkedUntilMs !== 0) {
    return standing.ahead === 0 && standing.parkedUntilMs > 0 ? standing.parkedUntilMs : null;
  }
  if (jobsBefore === null) return null;
  if (jobsBefore === 0) return standing.nowMs;
  return perSecond > 0 ? Math.ceil(standing.nowMs + (jobsBefore / perSecond) * 1000) : null;
}
