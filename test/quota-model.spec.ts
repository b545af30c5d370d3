import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runQuotaCommands } from './support/quota-commands.js';
import { type Harness, openHarness } from './support/quota-harness.js';

// npm run soak:quota asks for more.
const COMMANDS = Number(process.env['QUOTA_MODEL_COMMANDS'] ?? 100_000);
const ROUND = 5_000;

let quota: Harness;
beforeAll(async () => {
  quota = await openHarness({ resources: ['queries', 'tokens', 'bytes', 'unlimited'] });
});
afterAll(() => quota.close());

describe('the engine and the reference model', () => {
  it('agree on every answer to random verbs, clocks, expiries, repeats and changes of limits', async () => {
    const firstSeed = Number(process.env['QUOTA_MODEL_SEED'] ?? Math.floor(Math.random() * 1_000_000_000));
    const answers = new Map<string, number>();
    let commands = 0;
    for (let seed = firstSeed; commands < COMMANDS; seed += 1) {
      const tally = await runQuotaCommands(quota, seed, Math.min(ROUND, COMMANDS - commands));
      commands += tally.commands;
      for (const [answer, count] of tally.byAnswer) answers.set(answer, (answers.get(answer) ?? 0) + count);
    }
    expect(commands).toBe(COMMANDS);
    // A run in which nothing of interest happened would prove little.
    for (const answer of [
      'spend denied',
      'reserve held',
      'reserve denied',
      'settle settled',
      'settle expired',
      'extend held',
    ]) {
      expect([answer, (answers.get(answer) ?? 0) > 50]).toEqual([answer, true]);
    }
  }, 3_600_000);
});
