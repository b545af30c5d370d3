import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { Redis } from 'ioredis';
import { testRedisUrl } from '../../../../test/support/quota-harness.js';
import { ScriptPipe } from './script-pipe.js';

let redis: Redis;
let sha1: string;
beforeAll(async () => {
  redis = await open();
  sha1 = (await redis.script('LOAD', 'return ARGV[1]')) as string;
});
afterAll(() => closeRedis(redis));

describe('a script pipe', () => {
  it('gives each call its own answer, also among other commands of the same connection', async () => {
    const pipe = ScriptPipe.of(redis)!;
    const asked = Array.from({ length: 100 }, (_, n) => `call ${n}`);
    const answers = await Promise.all(
      asked.flatMap((text) => [echo(pipe, text), redis.echo(`other ${text}`), redis.call('ECHO', text)]),
    );
    expect(answers.map(String)).toEqual(asked.flatMap((text) => [text, `other ${text}`, text]));
  });

  it('fails a call at once where there is no connection', async () => {
    const closed = await open();
    const pipe = ScriptPipe.of(closed)!;
    await closeRedis(closed);
    await expect(echo(pipe, 'nobody there')).rejects.toThrow();
  });

  it('fails the calls under way when the connection breaks, and sends none of them again', async () => {
    const other = await open();
    const pipe = ScriptPipe.of(other)!;
    await redis.set('pipe:count', 0);
    const count = (await redis.script('LOAD', "return redis.call('INCR', 'pipe:count')")) as string;
    const calls = Array.from({ length: 20 }, () =>
      call(pipe, `*3\r\n$7\r\nEVALSHA\r\n$40\r\n${count}\r\n$1\r\n0\r\n`),
    );
    const settled = Promise.allSettled(calls);
    other.stream.destroy();
    for (const { status } of await settled) expect(status).toBe('rejected');
    await redisReady(other, 5_000);
    expect(Number(await redis.get('pipe:count'))).toBeLessThanOrEqual(20);
    await redis.del('pipe:count');
    await closeRedis(other);
  });

  it('is not for a connection that resends, queues, or changes keys', () => {
    const options = { lazyConnect: true };
    for (const more of [{}, { enableOfflineQueue: false }, { autoResendUnfulfilledCommands: false }]) {
      expect(ScriptPipe.of(new Redis({ ...options, ...more }))).toBeUndefined();
    }
    const strict = { ...options, enableOfflineQueue: false, autoResendUnfulfilledCommands: false };
    expect(ScriptPipe.of(new Redis({ ...strict, keyPrefix: 'x' }))).toBeUndefined();
    expect(ScriptPipe.of(new Redis(strict))).toBeDefined();
  });
});

async function open(): Promise<Redis> {
  const client = connectRedis({ url: testRedisUrl() }) as Redis;
  await redisReady(client, 5_000);
  return client;
}

function echo(pipe: ScriptPipe, text: string): Promise<unknown> {
  return call(pipe, `*4\r\n$7\r\nEVALSHA\r\n$40\r\n${sha1}\r\n$1\r\n0\r\n$${text.length}\r\n${text}\r\n`);
}

function call(pipe: ScriptPipe, text: string): Promise<unknown> {
  return new Promise((resolve, reject) => pipe.send(Buffer.from(text), resolve, reject));
}
