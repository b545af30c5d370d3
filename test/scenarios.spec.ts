import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairshare-scenarios-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('npm run scenarios', () => {
  it('finds on Redis, with worker processes, what the simulation says', async () => {
    const json = join(folder, 'figures.json');
    const options = ['--scenario', 'overload', '--compression', '120', '--json', json];
    const { stdout } = await run(process.execPath, ['bench/scenarios/main.mjs', ...options], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(stdout).toContain('agrees');
    const [gap] = JSON.parse(await readFile(json, 'utf8')).scenarios.overload;
    expect(gap).toMatchObject({ title: 'gap', agrees: true });
    // One line for all does as badly as it should, or nothing would be shown.
    expect(gap.real.fifo[0]).toBeGreaterThan(10 * gap.real.fair[0]);
  }, 120_000);

  it('says what is wrong with its options', async () => {
    const refused = run(process.execPath, ['bench/scenarios/main.mjs', '--compression', '0']);
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--compression must be a whole number of 1 or more, got 0'),
    });
  });
});
