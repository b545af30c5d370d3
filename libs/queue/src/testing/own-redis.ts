import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';

/** A Redis server of its own, for tests that empty, fill or stop it. */
export class OwnRedis {
  private readonly dir = mkdtempSync(join(tmpdir(), 'fairshare-redis-'));
  private server: ChildProcess | undefined;

  get url(): string {
    return `unix://${this.dir}/redis.sock`;
  }

  async start(...settings: string[]): Promise<void> {
    const common = ['--save', '', '--dir', this.dir, '--loglevel', 'warning'];
    this.server = spawn(program(), [
      '--port',
      '0',
      '--unixsocket',
      `${this.dir}/redis.sock`,
      ...common,
      ...settings,
    ]);
    const client = connectRedis({ url: this.url });
    await redisReady(client, 10_000);
    await closeRedis(client);
  }

  /** Kills it: what it held is gone. */
  async stop(): Promise<void> {
    const { server } = this;
    if (!server || server.exitCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Three nodes of a Redis Cluster on free ports. */
export class OwnCluster {
  private readonly dir = mkdtempSync(join(tmpdir(), 'fairshare-cluster-'));
  private readonly servers: ChildProcess[] = [];
  private ports: number[] = [];

  get url(): string {
    return this.ports.map((port) => `redis://127.0.0.1:${port}`).join(',');
  }

  async start(): Promise<void> {
    this.ports = await freePorts(3);
    for (const port of this.ports) {
      const own = ['--port', String(port), '--dir', this.dir, '--cluster-config-file', `nodes-${port}.conf`];
      const common = [
        '--cluster-enabled',
        'yes',
        '--save',
        '',
        '--bind',
        '127.0.0.1',
        '--loglevel',
        'warning',
      ];
      this.servers.push(spawn(program(), [...own, ...common]));
    }
    const clients = this.ports.map((port) => connectRedis({ url: `redis://127.0.0.1:${port}` }));
    await Promise.all(clients.map((client) => redisReady(client, 10_000)));
    const share = Math.ceil(16_384 / 3);
    await Promise.all(
      clients.map((client, index) =>
        client.call('CLUSTER', 'ADDSLOTSRANGE', index * share, Math.min((index + 1) * share, 16_384) - 1),
      ),
    );
    for (const port of this.ports.slice(1)) await clients[0]!.call('CLUSTER', 'MEET', '127.0.0.1', port);
    for (const client of clients) {
      while (!String(await client.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
    }
    await Promise.all(clients.map((client) => closeRedis(client)));
  }

  async remove(): Promise<void> {
    for (const server of this.servers) {
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Ports whose cluster bus port, 10000 above, fits too. */
async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    if (port < 55_000 && !ports.includes(port)) ports.push(port);
  }
  return ports;
}

/** The server that the run of the tests has found; `npm test` sets it. */
function program(): string {
  return process.env['FAIRSHARE_TEST_REDIS_SERVER'] ?? 'redis-server';
}
