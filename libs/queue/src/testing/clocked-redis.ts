import { createHash } from 'node:crypto';
import { definedLuaScripts, type RedisClient, type ScriptArgument } from 'fairshare/redis';

const READ_CLOCK = /local function read_clock\(\)[\s\S]*?\nend/;
const TEST_CLOCK = `local function read_clock()
  return tonumber(redis.call('GET', KEYS[1] .. ':test-clock'))
end`;

/** A client whose queue scripts read the time from a key that the test sets. Lives in tests only. */
export function clockedRedis(redis: RedisClient): RedisClient {
  const texts = new Map<unknown, string>();
  for (const { sha1, text } of definedLuaScripts().values())
    texts.set(sha1, text.replace(READ_CLOCK, TEST_CLOCK));
  const loaded = new Set<string>();
  const run = async (name: 'evalsha' | 'evalshaBuffer', [sha, ...args]: ScriptArgument[]) => {
    const text = texts.get(sha)!;
    const own = createHash('sha1').update(text).digest('hex');
    if (!loaded.has(own)) await redis.call('SCRIPT', 'LOAD', text);
    loaded.add(own);
    const commands = redis as unknown as Record<
      typeof name,
      (...given: ScriptArgument[]) => Promise<unknown>
    >;
    return commands[name](own, ...args);
  };
  return new Proxy(redis, {
    get(target, property) {
      if (property === 'evalsha' || property === 'evalshaBuffer') {
        return (...args: ScriptArgument[]) => run(property, args);
      }
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

export async function setTestClock(redis: RedisClient, shardKey: string, nowMs: number): Promise<void> {
  await redis.set(`${shardKey}:test-clock`, nowMs);
}
