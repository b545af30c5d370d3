import { appendFileSync } from 'node:fs';

/**
 * Notes how many hostile inputs of a kind a test has tried; `npm test` prints the sums as a table at its end.
 * Call it after the assertions, so that only inputs that were answered well count.
 */
export function tried(kind: string, inputs: number): void {
  const file = process.env['FAIRSHARE_TEST_TRIED'];
  if (file) appendFileSync(file, `${JSON.stringify({ kind, inputs })}\n`);
}
