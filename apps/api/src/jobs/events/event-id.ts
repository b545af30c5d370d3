import type { JobState } from 'fairshare/queue';

/**
 * What a client has seen of a job. It is the id of each event, so that any node can go on after a Last-Event-ID without
 * keeping a log: what has not changed since is not told again.
 */
export interface Seen {
  readonly state?: JobState;
  readonly attempts?: number;
  readonly position?: number | null;
  /** When the job ended whose result was told, in ms since 1970: nothing follows that end. */
  readonly endedAtMs?: number;
}

const FORM = /^([0-9a-f]{12})\.([a-z]{4,9})\.(\d{1,9})\.(\d{1,9}|-|end(\d{1,15}))$/;

/** `<tail of the job's id>.<state>.<attempts>.<position, - or end and its time>`. */
export function writeEventId(jobId: string, { state, attempts, position, endedAtMs }: Seen): string {
  const last = endedAtMs === undefined ? (position ?? '-') : `end${endedAtMs}`;
  return `${tailOf(jobId)}.${state}.${attempts ?? 0}.${last}`;
}

/** What is no id of this job's events tells nothing: the client gets all there is. */
export function readEventId(jobId: string, text: string | undefined): Seen {
  const [, tail, state, attempts, last, endedAt] = FORM.exec(text ?? '') ?? [];
  if (tail !== tailOf(jobId)) return {};
  const seen = { state: state as JobState, attempts: Number(attempts) };
  if (endedAt !== undefined) return { ...seen, endedAtMs: Number(endedAt) };
  return { ...seen, position: last === '-' ? null : Number(last) };
}

function tailOf(jobId: string): string {
  return jobId.slice(-12).toLowerCase();
}
