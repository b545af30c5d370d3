import { Problem } from './problem.js';

/** This process was held up too long to hear an answer in time, which says nothing of the part that it asked. */
export function overloaded(): Problem {
  return new Problem(
    'overloaded',
    'This node was too busy to decide in time; nothing is lost, try again in a second.',
    { headers: { 'Retry-After': '1' } },
  );
}
