import { createHash } from 'node:crypto';
import { definedLuaScripts, type RedisClient } from 'fairshare/redis';
import type { Redis } from 'ioredis';

type Values = (string | number | Buffer)[];

interface ScriptCommands {
  evalshaBuffer(...args: Values): Promise<unknown>;
  evalBuffer(...args: Values): Promise<unknown>;
}

const CLOCK = /local time = redis\.call\('TIME'\)\nlocal now = [^\n]+\n/;

/**
 * A connection whose scripts read the time from a last argument that is added here instead of from Redis, so that
 * a test can move the clock. The scripts that production runs have no such argument. Set `nowMs` ahead of the true time:
 * keys that expire are still kept by the server's own clock.
 */
export class ClockedRedis {
  readonly #texts = new Map<string, { sha1: string; text: string }>();

  constructor(
    private readonly redis: Redis,
    public nowMs: number,
  ) {}

  /** In place of the real connection. */
  get client(): RedisClient {
    return this as unknown as RedisClient;
  }

  async evalshaBuffer(sha1: string, ...args: Values): Promise<unknown> {
    const clocked = this.#clocked(sha1);
    const argv: Values = [...args, String(this.nowMs)];
    const commands = this.redis as unknown as ScriptCommands;
    try {
      return await commands.evalshaBuffer(clocked.sha1, ...argv);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
      return commands.evalBuffer(clocked.text, ...argv);
    }
  }

  #clocked(sha1: string): { sha1: string; text: string } {
    let clocked = this.#texts.get(sha1);
    if (!clocked) {
      const script = [...definedLuaScripts().values()].find((defined) => defined.sha1 === sha1);
      const text = script?.text.replace(CLOCK, 'local now = tonumber(ARGV[#ARGV])\n');
      if (!text || text === script?.text) throw new Error(`Script ${script?.name ?? sha1} reads no clock`);
      clocked = { text, sha1: createHash('sha1').update(text).digest('hex') };
      this.#texts.set(sha1, clocked);
    }
    return clocked;
  }
}
