import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedisBinary, startRedisServer } from './redis-server.mjs';
import { createSupervisor } from './supervised.mjs';

/** A Redis on a free port that keeps nothing on disk and ends with us: {url, stop}. */
export async function startTemporaryRedis(label) {
  const binary = await ensureRedisBinary();
  const supervisor = createSupervisor({ label, keepAlive: false });
  const dir = mkdtempSync(join(tmpdir(), `fairshare-${label}-`));
  await supervisor.removeAtEnd(dir);
  const { url } = await startRedisServer({
    supervisor,
    binary,
    dir,
    args: ['--save', '', '--appendonly', 'no', '--maxmemory', '8gb'],
  });
  return { url, stop: () => supervisor.end() };
}
