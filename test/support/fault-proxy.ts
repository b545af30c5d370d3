import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * What the network does now.
 * - `pass`: nothing wrong.
 * - `blackhole`: takes connections, and passes nothing on in either direction. A connection that lost bytes stays silent for
 *   ever, also when the network is back, as behind a firewall that has forgotten it.
 * - `half-open`: every connection that is open when it begins is silent for ever; new ones pass.
 * - `delay`: each reply comes `ms` later.
 * - `drop replies`: every n-th reply to a script is lost, and its connection with it: the server has executed, the client never
 *   learns. Default of `every` 1.
 * - `reset`: each connection is reset, new ones too.
 * - `slow`: at most so many bytes in a second, in each direction of a connection.
 */
export type Fault =
  | { readonly kind: 'pass' | 'blackhole' | 'half-open' | 'reset' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'drop replies'; readonly every?: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number };

export interface FaultTarget {
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

/** Smallest amount that is passed on in `slow`, so that little text takes few timers. */
const SLOW_TICK_MS = 50;

/**
 * A TCP proxy that misbehaves on request, before Redis, PostgreSQL or an upstream:
 *
 *     const proxy = new FaultProxy({ port: redis.port });
 *     const port = await proxy.start();
 *     proxy.fault = { kind: 'blackhole' };
 *     proxy.fault = { kind: 'pass' };
 *     await proxy.stop();
 */
export class FaultProxy {
  /** Replies that `drop replies` dropped so far. */
  dropped = 0;
  /** Connections taken so far. */
  taken = 0;
  readonly #pairs = new Set<Pair>();
  #fault: Fault = { kind: 'pass' };
  #server: Server | undefined;
  #replies = 0;

  constructor(private readonly target: FaultTarget) {}

  get fault(): Fault {
    return this.#fault;
  }

  set fault(fault: Fault) {
    this.#fault = fault;
    if (fault.kind === 'half-open') for (const pair of this.#pairs) pair.isLost = true;
    if (fault.kind === 'reset') for (const pair of this.#pairs) pair.reset();
  }

  /** Open connections. */
  get open(): number {
    return this.#pairs.size;
  }

  /** Those of them that pass nothing on any more. */
  get lost(): number {
    return [...this.#pairs].filter(({ isLost }) => isLost).length;
  }

  /** Resolves with the port that it listens on. */
  async start(): Promise<number> {
    // Who ends its half of a connection that is lost must not hear of the other half.
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection; new ones are served. */
  cut(): void {
    for (const pair of this.#pairs) pair.destroy();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    this.cut();
    await closed;
  }

  #join(client: Socket): void {
    this.taken += 1;
    const pair = new Pair(client, connect(this.target as { port: number }));
    this.#pairs.add(pair);
    pair.onClose = () => this.#pairs.delete(pair);
    if (this.#fault.kind === 'reset') return pair.reset();
    pair.client.on('data', (chunk) => {
      pair.noteCall(chunk);
      this.#pass(pair, pair.toServer, chunk);
    });
    pair.server.on('data', (chunk) => {
      if (this.#isDropped(pair)) pair.destroy();
      else this.#pass(pair, pair.toClient, chunk);
    });
  }

  #pass(pair: Pair, way: Way, chunk: Buffer): void {
    if (this.#fault.kind === 'blackhole') pair.isLost = true;
    if (!pair.isLost) way.pass(chunk, () => this.#fault);
  }

  #isDropped(pair: Pair): boolean {
    if (this.#fault.kind !== 'drop replies' || pair.isLost || !pair.isScript) return false;
    this.#replies += 1;
    if (this.#replies % (this.#fault.every ?? 1) !== 0) return false;
    this.dropped += 1;
    return true;
  }
}

/** A client's connection, and ours to the server for it. */
class Pair {
  isLost = false;
  /** The last thing but a PING that the client sent is a script. */
  isScript = false;
  onClose: () => void = () => undefined;
  readonly toServer: Way;
  readonly toClient: Way;

  constructor(
    readonly client: Socket,
    readonly server: Socket,
  ) {
    this.toServer = new Way(this, server);
    this.toClient = new Way(this, client);
    client.on('error', () => undefined);
    server.on('error', () => undefined);
    client.on('end', () => (this.isLost ? this.destroy() : server.end()));
    client.on('close', () => {
      server.destroy();
      this.onClose();
    });
    // A client whose connection is lost hears of nothing.
    server.on('end', () => this.isLost || client.end());
    server.on('close', () => this.isLost || client.destroy());
  }

  noteCall(chunk: Buffer): void {
    const text = chunk.toString('latin1');
    if (!/^\*1\r\n\$4\r\nping\r\n$/i.test(text)) this.isScript = /^\$\d+\r\neval/im.test(text);
  }

  reset(): void {
    this.client.resetAndDestroy();
    this.server.destroy();
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

/** One direction of a connection: whatever happens to it, its bytes stay in order. */
class Way {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(
    private readonly pair: Pair,
    private readonly to: Socket,
  ) {}

  pass(chunk: Buffer, faultOf: () => Fault): void {
    const fault = faultOf();
    const isLate = fault.kind === 'slow' || (fault.kind === 'delay' && this.to === this.pair.client);
    if (!isLate && this.#waiting === 0) return void this.to.write(chunk);
    const dueMs = performance.now() + (fault.kind === 'delay' ? fault.ms : 0);
    this.#waiting += 1;
    this.#last = this.#last.then(async () => {
      if (fault.kind === 'slow') await this.#trickle(chunk, fault.bytesPerSecond);
      else await this.#writeAt(chunk, dueMs);
      this.#waiting -= 1;
    });
  }

  async #writeAt(chunk: Buffer, dueMs: number): Promise<void> {
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) await pause(leftMs, undefined, { ref: false });
    this.#write(chunk);
  }

  async #trickle(chunk: Buffer, bytesPerSecond: number): Promise<void> {
    const step = Math.max(1, Math.floor((bytesPerSecond * SLOW_TICK_MS) / 1_000));
    for (let at = 0; at < chunk.length; at += step) {
      await pause(SLOW_TICK_MS, undefined, { ref: false });
      this.#write(chunk.subarray(at, at + step));
    }
  }

  #write(chunk: Buffer): void {
    if (!this.pair.isLost && this.to.writable) this.to.write(chunk);
  }
}
