import type { LuaScript } from 'fairshare/redis';
import type { Ask, QuotaPlan } from './quota-plan.js';

/**
 * An EVALSHA as it goes over the wire, for the scripts whose arguments are plan, operation id and seed. What is the
 * same in all calls for a tenant is made once; all text is ASCII, and the seed one byte a character.
 */
export class CallBytes {
  readonly #head: string;
  readonly #unnamed: string;

  constructor(script: LuaScript<string, string, unknown>, counters: string, holds: string) {
    const fixed = ['EVALSHA', script.sha1, '3', counters, holds];
    this.#head = `*9\r\n${fixed.map(bulk).join('')}`;
    this.#unnamed = this.#head + bulk(counters);
  }

  /** `operation` is the key of the operation's memory; undefined for one without a name. */
  encode(
    plan: QuotaPlan,
    ask: Ask,
    operation: string | undefined,
    operationId: string,
    seed: string,
  ): Buffer {
    const before = `${operation ? this.#head + bulk(operation) : this.#unnamed}$${plan.byteLength}\r\n`;
    const after = `\r\n${bulk(operationId)}${bulk(seed)}`;
    const afterAt = before.length + plan.byteLength;
    const bytes = Buffer.allocUnsafe(afterAt + after.length);
    bytes.write(before, 0, 'latin1');
    plan.write(ask, bytes, before.length);
    bytes.write(after, afterAt, 'latin1');
    return bytes;
  }
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
