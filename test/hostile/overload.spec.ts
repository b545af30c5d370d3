import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, redisReady, RedisTimeoutError } from 'fairshare/redis';
import type { Redis } from 'ioredis';
import { Deadlines } from '../../libs/quota/src/deadlines.js';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { testRedisUrl } from '../support/quota-harness.js';
import { tried } from '../support/tried.js';

const DEADLINE_MS = 250;
const STALL_MS = 800;

let api: TestApi;
let proxy: FaultProxy;
let port: number;

beforeAll(async () => {
  const { protocol, hostname, port: target, pathname } = new URL(testRedisUrl());
  proxy = new FaultProxy(
    protocol === 'redis:' ? { host: hostname, port: Number(target) } : { path: pathname },
  );
  port = await proxy.start();
  api = await startApi({
    REDIS_URL: `redis://127.0.0.1:${port}`,
    QUOTA_DEADLINE_MS: String(DEADLINE_MS),
    WORKER: 'off',
  });
  // Limits in memory, scripts known to Redis.
  await api.query('tenant_123', 'Question');
});
afterEach(() => {
  proxy.fault = { kind: 'pass' };
  proxy.cut();
});
afterAll(async () => {
  await api.close();
  await proxy.stop();
});

/** Nothing else runs in this process meanwhile: neither timers nor sockets. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function ready(): Promise<void> {
  for (;;) {
    const { status } = await api.get('tenant_123', '/quota/status');
    if (status === 200) return;
    await pause(50);
  }
}

describe('a decision whose answer has come', () => {
  it.each([0, 1, 3, 10])(
    'is delivered though the process was held up, %d turns after it was asked',
    async (turns) => {
      await ready();
      const answers = Array.from({ length: 10 }, () => api.get('tenant_123', '/quota/status'));
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      stall(STALL_MS);
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(10).fill(200));
      tried('overload', 10);
    },
  );

  it('is delivered to those that asked Redis for anything else, too', async () => {
    const redis = connectRedis({ url: testRedisUrl(), commandTimeoutMs: DEADLINE_MS }) as Redis;
    await redisReady(redis, 5_000);
    const pings = Array.from({ length: 5 }, () => redis.ping());
    await new Promise((resolve) => setImmediate(resolve));
    stall(STALL_MS);
    expect(await Promise.all(pings)).toEqual(Array(5).fill('PONG'));
    await closeRedis(redis);
    tried('overload', 5);
  });
});

describe('a decision without an answer', () => {
  it('is `unavailable` where Redis is silent and this process is not busy', async () => {
    await ready();
    proxy.fault = { kind: 'blackhole' };
    const codes: string[] = [];
    // The machine may be busy with other tests at one time, not at all times.
    while (!codes.includes('unavailable') && codes.length < 10) {
      const { status, body } = await api.query('tenant_123', 'Question');
      expect(status).toBe(503);
      codes.push((body as { code: string }).code);
    }
    expect(codes).toContain('unavailable');
    expect(await lateOnes('redis')).toBeGreaterThan(0);
    tried('overload', codes.length);
  });

  it('is `overloaded` where this process was held up', async () => {
    await ready();
    proxy.fault = { kind: 'blackhole' };
    const asked = api.query('tenant_123', 'Question');
    await pause(50);
    stall(STALL_MS);
    const { status, body, headers } = await asked;
    expect([status, (body as { code: string }).code]).toEqual([503, 'overloaded']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await lateOnes('overloaded')).toBeGreaterThan(0);
    tried('overload', 1);
  });

  it('tells a command of the queue and of everybody else the same', async () => {
    proxy.fault = { kind: 'pass' };
    const redis = connectRedis({ url: `redis://127.0.0.1:${port}`, commandTimeoutMs: DEADLINE_MS }) as Redis;
    await redisReady(redis, 5_000);
    proxy.fault = { kind: 'blackhole' };
    const ping = redis.ping().catch((error: unknown) => error);
    await pause(50);
    stall(STALL_MS);
    const error = await ping;
    expect(error).toBeInstanceOf(RedisTimeoutError);
    expect((error as RedisTimeoutError).isOverloaded).toBe(true);
    await closeRedis(redis);
    tried('overload', 1);
  });

  it('fails once, within the limit and a little more, each by its own time', async () => {
    const deadlines = new Deadlines(60, (isOverloaded) => new Error(isOverloaded ? 'overloaded' : 'late'));
    const failures: string[] = [];
    const note = (error: Error) => failures.push(error.message);
    deadlines.start(note);
    await pause(10);
    deadlines.start(note).isDone = true;
    stall(200);
    await deadlines.guard(new Promise(() => undefined)).catch(note);
    expect(failures).toHaveLength(2);
    expect(failures[0]).toBe('overloaded');
    tried('overload', 3);
  });
});

async function lateOnes(reason: string): Promise<number> {
  const text = await fetch(`${api.url}/metrics`, { headers: { 'x-admin-key': ADMIN_KEY } });
  const match = new RegExp(`^fairshare_quota_late_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(
    await text.text(),
  );
  return Number(match?.[1]);
}
