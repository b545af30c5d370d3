import type { RedisClient } from 'fairshare/redis';
import { Command, Redis } from 'ioredis';

/** One call of a script, ready for the wire. Its answer goes to `onReply` or `onError`, once, and to no promise. */
class ScriptCall extends Command {
  constructor(
    private readonly bytes: Buffer,
    onReply: (reply: unknown) => void,
    onError: (error: Error) => void,
  ) {
    super('evalsha', []);
    this.resolve = onReply;
    this.reject = onError;
  }

  override toWritable(): Buffer {
    return this.bytes;
  }

  // Its caller has a deadline, and one timer for all of them.
  override setTimeout(): void {}
}

// Few enough that Redis begins while we are still at it, enough that the writes cost little.
const MOST_IN_ONE_WRITE = 16;

/**
 * Sends the calls of one turn of the event loop in few writes. Unlike ioredis' own pipelining it does not wait for the
 * answers of the last write before the next, so that Redis works while we do. A call that cannot be sent now is an
 * error at once.
 */
export class ScriptPipe {
  #waiting: ScriptCall[] = [];
  #chunks: Buffer[] | undefined;

  constructor(private readonly redis: Redis) {}

  /** Undefined for a cluster, and for a connection that changes keys: those have to see each call's arguments. */
  static of(redis: RedisClient): ScriptPipe | undefined {
    const isPlain = redis instanceof Redis && !redis.options.keyPrefix && !redis.options.enableOfflineQueue;
    return isPlain && !redis.options.autoResendUnfulfilledCommands ? new ScriptPipe(redis) : undefined;
  }

  send(bytes: Buffer, onReply: (reply: unknown) => void, onError: (error: Error) => void): void {
    const waiting = this.#waiting.push(new ScriptCall(bytes, onReply, onError));
    if (waiting === MOST_IN_ONE_WRITE) this.#flush();
    else if (waiting === 1) setImmediate(() => this.#flush());
  }

  /** Called by ioredis with each call's bytes. */
  write(bytes: Buffer): void {
    this.#chunks?.push(bytes);
  }

  // All in one go: nobody else's command may come between our place in line for the answers and our bytes.
  #flush(): void {
    const calls = this.#waiting;
    this.#waiting = [];
    const chunks: Buffer[] = (this.#chunks = []);
    for (const call of calls) this.redis.sendCommand(call, this as never);
    this.#chunks = undefined;
    if (chunks.length > 0) this.redis.stream.write(chunks.length > 1 ? Buffer.concat(chunks) : chunks[0]!);
  }
}
