import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './lua-script.js';
import { lookAtSockets } from './socket-look.js';

const TICK_MS = 100;

/**
 * Watches a connection until it ends for good. One that died silently (half-open) neither answers nor fails, and only a new
 * socket helps: where calls wait and no byte comes for `silenceMs`, the socket is destroyed, and ioredis connects again. A
 * connection that nobody uses for so long is asked PING, so that it is found out before the next call needs it. A call that
 * blocks may be silent for as long as it blocks, and half of `silenceMs` more. 0 = no watch.
 */
export function watchSockets(client: RedisClient, silenceMs: number): void {
  if (silenceMs === 0) return;
  if (client instanceof Cluster) watchNodes(client, silenceMs);
  else new SilenceWatch(client, silenceMs);
}

function watchNodes(cluster: Cluster, silenceMs: number): void {
  cluster.on('+node', (node: Redis) => new SilenceWatch(node, silenceMs));
  const watched = new WeakSet<Redis>();
  // ioredis tells nobody of the connection that it subscribes with.
  const timer = setInterval(() => {
    const subscriber = (cluster as unknown as ClusterInternals).subscriber?.getInstance();
    if (!subscriber || watched.has(subscriber)) return;
    watched.add(subscriber);
    new SilenceWatch(subscriber, silenceMs);
  }, TICK_MS).unref();
  cluster.once('end', () => clearInterval(timer));
}

interface ClusterInternals {
  readonly subscriber?: { getInstance(): Redis | null };
}

interface RedisInternals {
  readonly commandQueue: { peekFront(): { readonly command: BlockingCommand } | undefined };
}

interface BlockingCommand {
  /** In ms; undefined where it does not block, null where it blocks for ever. */
  extractBlockingTimeout(): number | null | undefined;
}

/** Looks at each socket of one connection, from the moment it is open until it closes. */
class SilenceWatch {
  #timer: NodeJS.Timeout | undefined;
  #bytesRead = 0;
  #tickedAtMs = 0;
  /** Since the last byte, as far as this process could have heard one. */
  #silentMs = 0;
  /** Since the first of the calls that wait now was seen, or since the last byte. */
  #waitedMs = 0;
  #isWaiting = false;

  constructor(
    private readonly redis: Redis,
    private readonly silenceMs: number,
  ) {
    redis.on('connect', () => this.#begin());
    redis.on('close', () => clearInterval(this.#timer));
    // Found by its cluster when it was open already.
    if (redis.status === 'connect' || redis.status === 'ready') this.#begin();
  }

  #begin(): void {
    clearInterval(this.#timer);
    this.#bytesRead = this.redis.stream.bytesRead;
    this.#tickedAtMs = performance.now();
    this.#silentMs = 0;
    this.#isWaiting = false;
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    const nowMs = performance.now();
    // A process that was held up could not hear: that is no silence of the other side.
    const elapsedMs = Math.min(nowMs - this.#tickedAtMs, 2 * TICK_MS);
    this.#tickedAtMs = nowMs;
    if (this.#hasHeard()) {
      this.#silentMs = 0;
      this.#isWaiting = false;
      return;
    }
    this.#silentMs += elapsedMs;
    const first = (this.redis as unknown as RedisInternals).commandQueue.peekFront();
    if (!first) this.#rest();
    else this.#wait(first.command, elapsedMs);
  }

  #hasHeard(): boolean {
    const { bytesRead } = this.redis.stream;
    const hasHeard = bytesRead !== this.#bytesRead;
    this.#bytesRead = bytesRead;
    return hasHeard;
  }

  #rest(): void {
    this.#isWaiting = false;
    if (this.#silentMs < this.silenceMs || this.redis.status !== 'ready') return;
    this.#silentMs = 0;
    this.redis.ping().catch(() => undefined);
  }

  #wait(first: BlockingCommand, elapsedMs: number): void {
    this.#waitedMs = this.#isWaiting ? this.#waitedMs + elapsedMs : 0;
    this.#isWaiting = true;
    if (this.#waitedMs < this.#patienceMs(first)) return;
    const { stream } = this.redis;
    lookAtSockets(() => {
      if (stream === this.redis.stream && !this.#hasHeard()) {
        stream.destroy(new Error(`Redis was silent for ${this.silenceMs} ms`));
      }
    });
  }

  #patienceMs(first: BlockingCommand): number {
    const blockMs = first.extractBlockingTimeout();
    if (blockMs === undefined) return this.silenceMs;
    return blockMs ? blockMs + this.silenceMs / 2 : Infinity;
  }
}
