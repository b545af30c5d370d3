import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy that misbehaves on request. A reply that is dropped takes its connection along, as on a real network: the
 * server has executed, the client never learns.
 */
export class FaultProxy {
  /** Drops every n-th reply to a script; a connection's greeting always arrives. 0 = none. */
  dropEvery = 0;
  /** While true nothing is passed on in either direction, and connections stay open. */
  isBlackhole = false;
  /** Replies dropped so far. */
  dropped = 0;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #replies = 0;

  constructor(
    private readonly target: { readonly host?: string; readonly port?: number; readonly path?: string },
  ) {}

  /** Resolves with the port that it listens on. */
  async start(): Promise<number> {
    this.#server = createServer((client) => this.#join(client));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection; new ones are served. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server?.close();
    if (this.#server?.listening) await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    const server = connect(this.target as { port: number });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    let isScript = false;
    client.on('data', (chunk) => {
      isScript = /^\$\d+\r\neval/im.test(chunk.toString('latin1'));
      if (!this.isBlackhole) server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (this.isBlackhole) return;
      if (isScript) this.#replies += 1;
      if (isScript && this.dropEvery > 0 && this.#replies % this.dropEvery === 0) {
        this.dropped += 1;
        client.destroy();
      } else {
        client.write(chunk);
      }
    });
  }
}
