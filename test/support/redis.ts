import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRedis, connectRedis, type RedisClient, redisReady } from 'fairshare/redis';
import { ensureRedisBinary, startRedisServer } from '../../scripts/lib/redis-server.mjs';
import { createSupervisor } from '../../scripts/lib/supervised.mjs';

export interface TestRedis {
  readonly client: RedisClient;
  /** Put it before every key: the server is shared by all specs. */
  readonly prefix: string;
  readonly url: string;
  /** Removes the prefix's keys and closes the connection. */
  close(): Promise<void>;
}

export interface OwnRedis {
  readonly url: string;
  readonly port: number;
  /** The server's process, for specs that kill or pause it. */
  readonly pid: number;
  readonly client: RedisClient;
  /** Starts it again on the same port with the same files, after a stop or a kill; gives the new process id. */
  restart(): Promise<number>;
  /** Ends the server as an operator would (SIGTERM); `restart` brings it back. */
  stop(): Promise<void>;
  /** Ends it for good and removes its files. */
  close(): Promise<void>;
}

/** A connection to the server that all specs share; never flush or stop that one. */
export async function testRedis(): Promise<TestRedis> {
  const url = process.env['FAIRSHARE_TEST_REDIS_URL'];
  if (!url) throw new Error('FAIRSHARE_TEST_REDIS_URL is not set: run the tests with npm test');
  const client = connectRedis({ url });
  await redisReady(client, 5_000);
  const prefix = `t-${randomUUID().slice(0, 8)}`;
  return {
    client,
    prefix,
    url,
    async close() {
      for (const key of await client.keys(`*${prefix}*`)) await client.del(key);
      await closeRedis(client);
    },
  };
}

/** A Redis of the caller's own, to be killed, flushed or starved; by default it keeps nothing on disk. */
export async function startRedis(
  args: readonly string[] = ['--save', '', '--appendonly', 'no'],
): Promise<OwnRedis> {
  const binary = await ensureRedisBinary();
  const supervisor = createSupervisor();
  const dir = mkdtempSync(join(tmpdir(), 'fairshare-redis-'));
  await supervisor.removeAtEnd(dir);
  const first = await startRedisServer({ supervisor, binary, dir, args });
  const client = connectRedis({ url: first.url });
  await redisReady(client, 5_000);
  let { pid } = first;
  return {
    url: first.url,
    port: first.port,
    get pid() {
      return pid;
    },
    client,
    async restart() {
      await first.stop(); // a process just killed is not yet gone
      ({ pid } = await startRedisServer({ supervisor, binary, dir, args, port: first.port }));
      return pid;
    },
    stop: () => first.stop(),
    async close() {
      client.disconnect();
      await supervisor.end();
    },
  };
}
