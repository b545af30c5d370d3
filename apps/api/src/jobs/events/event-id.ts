import type { JobState } from 'fairshare/queue';

/**
 * What a client has seen of a job. It is the id of each event, so that any node can go on after a Last-Event-ID without
 * keeping a log: what has not changed since is not told again.
 */
export interface Seen {
  readonly state?: JobState;
  readonly attempts?: number;
  readonly position?: number | null;
  /** The result was told: nothing follows. */
  readonly isDone?: boolean;
}

const FORM = /^([a-z]{4,9})\.(\d{1,9})\.(\d{1,9}|-|end)$/;

export function writeEventId({ state, attempts, position, isDone }: Seen): string {
  return `${state}.${attempts ?? 0}.${isDone ? 'end' : (position ?? '-')}`;
}

/** An id that is none tells nothing: the client gets all there is. */
export function readEventId(text: string | undefined): Seen {
  const [, state, attempts, last] = FORM.exec(text ?? '') ?? [];
  if (state === undefined) return {};
  const seen = { state: state as JobState, attempts: Number(attempts) };
  if (last === 'end') return { ...seen, isDone: true };
  return { ...seen, position: last === '-' ? null : Number(last) };
}
