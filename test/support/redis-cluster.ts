import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import type { Redis } from 'ioredis';
import { ensureRedisBinary, startRedisServer } from '../../scripts/lib/redis-server.mjs';
import { createSupervisor } from '../../scripts/lib/supervised.mjs';

const NODES = 3;
const SLOTS = 16_384;

export interface TestCluster {
  /** Of all nodes, separated by commas. */
  readonly url: string;
  close(): Promise<void>;
}

/** A Redis Cluster of three nodes, ready to take commands. */
export async function startRedisCluster(): Promise<TestCluster> {
  const binary = await ensureRedisBinary();
  const supervisor = createSupervisor();
  const dir = mkdtempSync(join(tmpdir(), 'fairshare-cluster-'));
  await supervisor.removeAtEnd(dir);
  const args = ['--save', '', '--appendonly', 'no', '--cluster-enabled', 'yes'];
  const servers = await Promise.all(
    Array.from({ length: NODES }, (_, index) => {
      const name = `node-${index}`;
      return startRedisServer({ supervisor, binary, dir: join(dir, name), name, args });
    }),
  );
  const nodes = servers.map(({ url }) => connectRedis({ url }) as Redis);
  await Promise.all(nodes.map((node) => redisReady(node, 5_000)));
  const share = Math.ceil(SLOTS / NODES);
  for (const [index, node] of nodes.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1;
    await node.call('CLUSTER', 'ADDSLOTSRANGE', index * share, last);
    if (index > 0) await node.call('CLUSTER', 'MEET', '127.0.0.1', servers[0]!.port);
  }
  // There is no event to wait for: gossip tells each node in its own time.
  for (const node of nodes) {
    while (!String(await node.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  await Promise.all(nodes.map((node) => closeRedis(node)));
  return { url: servers.map(({ url }) => url).join(','), close: () => supervisor.end() };
}
