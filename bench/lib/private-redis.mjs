import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureRedisBinary, startRedisServer } from '../../scripts/lib/redis-server.mjs';
import { createSupervisor } from '../../scripts/lib/supervised.mjs';

/** A Redis on a free port that keeps nothing on disk and ends with us: {url, stop}. */
export async function startBenchRedis() {
  const binary = await ensureRedisBinary();
  const supervisor = createSupervisor({ label: 'bench', keepAlive: false });
  const dir = mkdtempSync(join(tmpdir(), 'fairshare-bench-'));
  await supervisor.removeAtEnd(dir);
  const { url } = await startRedisServer({
    supervisor,
    binary,
    dir,
    args: ['--save', '', '--appendonly', 'no'],
  });
  return { url, stop: () => supervisor.end() };
}

/** What `INFO <section>` says, as numbers where it says numbers. */
export async function info(redis, section) {
  const text = await redis.info(section);
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')), numeric(line)]));
}

/** Calls, and microseconds of Redis' own time, of one command since the last `CONFIG RESETSTAT`. */
export async function commandStats(redis, command) {
  const text = String((await info(redis, 'commandstats'))[`cmdstat_${command}`] ?? '');
  const value = (name) => Number(new RegExp(`${name}=([0-9.]+)`).exec(text)?.[1] ?? 0);
  return { calls: value('calls'), usec: value('usec') };
}

function numeric(line) {
  const value = line.slice(line.indexOf(':') + 1);
  return value !== '' && !Number.isNaN(Number(value)) ? Number(value) : value;
}
