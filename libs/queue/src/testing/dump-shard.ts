import type { RedisClient } from 'fairshare/redis';
import { PackReader } from '../store/records/pack.js';
import { readJobRecord } from '../store/records/job.js';
import type { ShardKeys } from '../store/keys.js';

export interface DumpedTenant {
  readonly number: number;
  readonly tag: number;
  readonly floor: number;
  readonly gap: number;
  readonly weight: number;
  readonly period: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly bytes: number;
  readonly lineCost: number;
  readonly cap: number;
  readonly paused: boolean;
  readonly capped: boolean;
  readonly drained: boolean;
  readonly parkedUntil: number;
  readonly entry: number;
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
  return {
    clock: packed.readDoubleBE(26),
    pending: packed.readDoubleBE(34),
    readyWeight: packed.readDoubleBE(42),
    bytes: packed.readUIntBE(51, 6),
    parked: packed.readUInt32BE(58),
  };
}

function readTenant(packed: Buffer): DumpedTenant {
  const uint = (at: number, size: number) => packed.readUIntBE(at, size);
  return {
    number: uint(0, 5),
    tag: packed.readDoubleBE(5),
    floor: packed.readDoubleBE(13),
    gap: packed.readDoubleBE(21),
    weight: uint(29, 4),
    period: uint(33, 5),
    waiting: uint(38, 4),
    delayed: uint(42, 4),
    bytes: uint(47, 6),
    lineCost: uint(54, 6),
    cap: uint(60, 4),
    paused: packed[64] === 1,
    capped: packed[65] === 1,
    drained: packed[66] === 1,
    parkedUntil: packed.readDoubleBE(67),
    entry: uint(76, 6),
  };
}
