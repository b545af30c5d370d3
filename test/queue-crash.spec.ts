import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const KILLS = 50;

describe('workers killed at random moments', () => {
  it(`lose no job, end none twice and leak no slot in ${KILLS} kills`, async () => {
    const script = new URL('../libs/queue/crash/crash.mjs', import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, '--kills', String(KILLS)], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      kills: KILLS,
      lost: 0,
      endedTwice: 0,
      dead: 0,
      leakedSlots: 0,
    });
  }, 120_000);
});
