import { describe, expect, it } from '@jest/globals';
import { SparseLog } from './sparse-log.js';

describe('SparseLog', () => {
  it('says a text once a minute, with how often it came', () => {
    const said: string[] = [];
    let nowMs = 0;
    const log = new SparseLog(
      (text) => said.push(text),
      () => nowMs,
    );
    for (nowMs = 0; nowMs < 60_000; nowMs += 25) log.write('away');
    log.write('other');
    log.write('away');
    expect(said).toEqual(['away', 'other', 'away (and 2399 times in the last minute)']);
  });

  it('remembers a hundred texts at most', () => {
    let said = 0;
    const log = new SparseLog(
      () => (said += 1),
      () => 0,
    );
    for (let index = 0; index < 1_000; index++) log.write(`text ${index}`);
    log.write('text 0');
    log.write('text 999');
    expect(said).toBe(1_001);
  });
});
