import { Problem } from './problem.js';

/** Levels of arrays and objects that a body may have: far more than any of ours needs. */
const MOST_LEVELS = 20;

/** Refuses what is nested so deeply that walking through it could hurt, and what no database can keep. */
export function checkJson(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_LEVELS) {
      throw new Problem('invalid_request', `The JSON is nested more than ${MOST_LEVELS} levels deep.`);
    }
    level.forEach(refuseUnkeepable);
    level = level.flatMap((value) =>
      isNested(value) ? [...Object.keys(value), ...Object.values(value)] : [],
    );
  }
}

/** The same for a path with its query. */
export function checkUrl(url: string): void {
  if (/%00/.test(url))
    throw new Problem('invalid_request', 'The URL has a NUL character; nothing of ours has one.');
}

// PostgreSQL keeps neither NUL nor half of a pair; JSON can write both.
function refuseUnkeepable(value: unknown): void {
  if (typeof value !== 'string' || (!value.includes('\0') && !/\p{Surrogate}/u.test(value))) return;
  throw new Problem('invalid_request', 'A text has a NUL character or half of a surrogate pair.');
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
