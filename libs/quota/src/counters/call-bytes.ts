import type { LuaScript } from 'fairshare/redis';
import type { Ask, QuotaPlan } from './records/plan.js';

/** What a call asks of which plan, and the Redis time from which it must do nothing. */
export interface Asked {
  readonly plan: QuotaPlan;
  readonly ask: Ask;
  readonly notAfterMs: number;
}

/**
 * An EVALSHA as it goes over the wire, for the scripts whose arguments are plan, operation id and seed. What is the
 * same in all calls for a tenant is made once, and what says nothing is left out. All text is ASCII.
 */
export class CallBytes {
  readonly #unnamed: string;
  readonly #named: string;

  constructor(script: LuaScript<string, string, unknown>, counters: string, holds: string) {
    const head = (bulks: number, keys: number) =>
      `*${bulks}\r\n${['EVALSHA', script.sha1, String(keys), counters, holds].map(bulk).join('')}`;
    this.#unnamed = head(6, 2);
    this.#named = head(9, 3);
  }

  /** Of an operation without a name, which starts at zero where Redis knows nothing. */
  encodeUnnamed(asked: Asked): Buffer {
    return encode(this.#unnamed, asked, '\r\n');
  }

  /** `operation` is the key of the operation's memory, `seed` has one byte in each character. */
  encodeNamed(asked: Asked, operation: string, operationId: string, seed: string): Buffer {
    return encode(this.#named + bulk(operation), asked, `\r\n${bulk(operationId)}${bulk(seed)}`);
  }
}

function encode(head: string, { plan, ask, notAfterMs }: Asked, tail: string): Buffer {
  const before = `${head}$${plan.byteLength}\r\n`;
  const tailAt = before.length + plan.byteLength;
  const bytes = Buffer.allocUnsafe(tailAt + tail.length);
  bytes.write(before, 0, 'latin1');
  plan.write(ask, bytes, before.length, notAfterMs);
  bytes.write(tail, tailAt, 'latin1');
  return bytes;
}

function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}
