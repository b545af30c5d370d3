import { Problem } from './problem.js';

/** Levels of arrays and objects that a body may have: far more than any of ours needs. */
const MOST_LEVELS = 20;

/** Refuses what is nested so deeply that walking through it could hurt. Walks without recursion. */
export function checkDepth(body: unknown): void {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MOST_LEVELS) {
      throw new Problem('invalid_request', `The JSON is nested more than ${MOST_LEVELS} levels deep.`);
    }
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value as Record<string, unknown>) : [],
    );
  }
}
