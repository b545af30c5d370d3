import type { RedisClient } from 'fairshare/redis';
import { PackReader } from '../store/records/pack.js';
import { readJobRecord } from '../store/records/job.js';
import { readRecord } from '../store/records/record.js';
import { SHARD } from '../store/records/shard.js';
import { TENANT } from '../store/records/tenant.js';
import type { ShardKeys } from '../store/keys.js';

type Tenant = ReturnType<typeof readRecord<NonNullable<typeof TENANT.types>>>;

export interface DumpedTenant extends Omit<Tenant, 'paused' | 'capped' | 'drained'> {
  readonly paused: boolean;
  readonly capped: boolean;
  readonly drained: boolean;
}

/** Everything a shard holds, unpacked, for tests. */
export async function dumpShard(redis: RedisClient, keys: ShardKeys) {
  const [shard, jobs, runs, tenants, lines, ready, due, leases, aside, drained] = await Promise.all([
    redis.getBuffer(keys.shard),
    hash(redis, keys.jobs),
    hash(redis, keys.runs),
    hash(redis, keys.tenants),
    redis.zrangeBuffer(keys.lines, '0', '-1'),
    zset(redis, keys.ready),
    zset(redis, keys.due),
    zset(redis, keys.leases),
    redis.zrangeBuffer(keys.aside, '0', '-1'),
    zset(redis, keys.drained),
  ]);
  return {
    shard: shard ? readShard(shard) : undefined,
    jobs: new Map(
      [...jobs].map(([id, record]) => [
        id,
        { record: readJobRecord(id, new PackReader(record)), bytes: record.length },
      ]),
    ),
    runs: new Map([...runs].map(([id, run]) => [id, run[0]!])),
    tenants: new Map([...tenants].map(([id, packed]) => [id, readTenant(packed)])),
    lines: lines.map((member) => ({ number: member.readUIntBE(0, 5), jobId: member.toString('utf8', 14) })),
    ready: new Map([...ready].map(([member, tag]) => [member.slice(13), tag])),
    due,
    leases,
    aside: aside.map((member) => ({
      number: member.readUIntBE(0, 5),
      what: String.fromCharCode(member[5]!),
      jobId: member.toString('utf8', 6),
    })),
    drained,
  };
}

export type DumpedShard = Awaited<ReturnType<typeof dumpShard>>;

async function hash(redis: RedisClient, key: string): Promise<Map<string, Buffer>> {
  const [names, values] = await Promise.all([redis.hkeysBuffer(key), redis.hvalsBuffer(key)]);
  return new Map(names.map((name, index) => [name.toString(), values[index]!]));
}

async function zset(redis: RedisClient, key: string): Promise<Map<string, number>> {
  const flat = (await redis.zrange(key, '0', '-1', 'WITHSCORES')) as unknown as (string | [string, number])[];
  if (Array.isArray(flat[0])) {
    return new Map(
      (flat as unknown as [string, number | string][]).map(([member, score]) => [member, Number(score)]),
    );
  }
  const pairs = new Map<string, number>();
  for (let at = 0; at < flat.length; at += 2) pairs.set(flat[at] as string, Number(flat[at + 1]));
  return pairs;
}

function readShard(packed: Buffer) {
  return readRecord(SHARD, new PackReader(packed));
}

function readTenant(packed: Buffer): DumpedTenant {
  const tenant = readRecord(TENANT, new PackReader(packed));
  const { paused, capped, drained } = tenant;
  return { ...tenant, paused: paused === 1, capped: capped === 1, drained: drained === 1 };
}
