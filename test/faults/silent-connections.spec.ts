import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, ownConnection, redisReady } from 'fairshare/redis';
import type { Redis } from 'ioredis';
import { startApi, type TestApi } from '../support/api.js';
import { type Fault, FaultProxy } from '../support/fault-proxy.js';
import { type OwnRedis, startRedis } from '../support/redis.js';

const SILENCE_MS = 400;

let server: OwnRedis;
let proxy: FaultProxy;
let url: string;

beforeAll(async () => {
  server = await startRedis();
  proxy = new FaultProxy({ port: server.port });
  url = `redis://127.0.0.1:${await proxy.start()}`;
});
afterEach(() => {
  proxy.fault = { kind: 'pass' };
});
afterAll(async () => {
  await proxy.stop();
  await server.close();
});

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(20);
}

describe('a connection that died silently is made anew, without a restart', () => {
  const OUTAGES: [string, Fault, number][] = [
    ['when every open connection is forgotten on the way', { kind: 'half-open' }, 0],
    ['when nothing passes for a while', { kind: 'blackhole' }, 3 * SILENCE_MS],
  ];

  it.each(OUTAGES)('commands, subscriptions and calls that block, %s', async (_, fault, lastsMs) => {
    const redis = connectRedis({ url, silenceMs: SILENCE_MS }) as Redis;
    await redisReady(redis, 5_000);
    const subscriber = ownConnection(redis) as Redis;
    const heard: string[] = [];
    subscriber.on('message', (_channel: string, message: string) => heard.push(message));
    await subscriber.subscribe('news');
    const blocking = ownConnection(redis) as Redis;
    const popped: string[] = [];
    let isOver = false;
    const popping = (async () => {
      while (!isOver) {
        const hint = await blocking.blpop('hints', 0.5).catch(() => null);
        if (hint) popped.push(hint[1]);
      }
    })();
    const open = proxy.open;

    proxy.fault = fault;
    await pause(lastsMs);
    proxy.fault = { kind: 'pass' };

    await until(() => proxy.lost === 0 && proxy.open >= open);
    await until(() => redis.ping().then(Boolean, () => false));
    await until(async () => (await server.client.publish('news', 'again')) > 0 && heard.includes('again'));
    await server.client.rpush('hints', 'again');
    await until(() => popped.includes('again'));

    isOver = true;
    blocking.disconnect();
    subscriber.disconnect();
    await popping;
    await closeRedis(redis);
  });

  it('a whole API, its worker and its streams', async () => {
    const api: TestApi = await startApi({ REDIS_URL: url });
    const ask = () => api.query('tenant_123', 'Question').then(({ status }) => status);
    expect(await ask()).toBe(200);
    for (const [, fault, lastsMs] of OUTAGES) {
      const { open } = proxy;
      proxy.fault = fault;
      await pause(lastsMs);
      proxy.fault = { kind: 'pass' };
      await until(async () => (await ask()) === 200);
      await until(() => proxy.lost === 0 && proxy.open >= open);
    }
    await api.close();
  });
});

describe('a connection that is well is left alone', () => {
  it.each<[string, Fault]>([
    ['nothing is asked', { kind: 'pass' }],
    ['each answer is late, but within the limit', { kind: 'delay', ms: SILENCE_MS / 4 }],
  ])('where %s', async (_, fault) => {
    const redis = connectRedis({ url, silenceMs: SILENCE_MS }) as Redis;
    await redisReady(redis, 5_000);
    const blocking = ownConnection(redis) as Redis;
    await blocking.ping();
    proxy.fault = fault;
    const { taken } = proxy;
    expect(await blocking.blpop('nothing', (4 * SILENCE_MS) / 1_000)).toBeNull();
    expect(await redis.ping()).toBe('PONG');
    expect(proxy.taken).toBe(taken);
    blocking.disconnect();
    await closeRedis(redis);
  });
});
