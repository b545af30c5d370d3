/**
 * Every key of a queue, the data dictionary. All keys of a shard share the hash tag `{name:shard}`, so that a cluster
 * keeps them together. Tenant and job ids never enter a key: they are fields and members, where any byte is harmless.
 *
 * | key     | type   | holds                                                                  | leaves                     |
 * |---------|--------|------------------------------------------------------------------------|----------------------------|
 * | shard   | string | sequence, token, tenant number, virtual time, bytes, paused, parked    | never                      |
 * | jobs    | hash   | job id → record (numbers, tenant, dedupe key, name, payload)           | with the job               |
 * | runs    | hash   | job id → state, attempts, token, charge, last error                    | with the job               |
 * | tenants | hash   | tenant id → tag, weight, counts, what holds it back                    | once virtual time passed its tag |
 * | lines   | zset   | by member: tenant number, priority, arrival, job id                    | when the job is claimed    |
 * | ready   | zset   | tag → order of entry and tenant id                                     | when nothing may run       |
 * | due     | zset   | time → `j` delayed job, `x` expiry of a job, `t` parked tenant         | at that time               |
 * | leases  | zset   | deadline → job id                                                      | with the run               |
 * | aside   | zset   | by member: tenant number, `r` running or `d` delayed, job id           | with the run, when due     |
 * | drained | zset   | tag → tenant id                                                        | with the tenant            |
 * | dedupe  | hash   | tenant number and key → job id                                         | with the job               |
 * | ended   | hash   | job id → state, times, result or error, record                         | after keepEndedMs, keepDeadMs |
 * | endings | zset   | when it is forgotten → job id                                          | with `ended`               |
 * | dead    | zset   | by member: tenant id, job id                                           | with `ended`, on requeue   |
 * | wake    | list   | hints for idle workers, 16 at most                                     | when taken                 |
 * | marker  | string | says that this memory is the one that was filled                       | never                      |
 * | waits   | hash   | tenant id → how long its jobs waited, of five minutes                  | after ten minutes          |
 */
export const SHARD_KEYS = [
  'shard',
  'jobs',
  'runs',
  'tenants',
  'lines',
  'ready',
  'due',
  'leases',
  'aside',
  'drained',
  'dedupe',
  'ended',
  'endings',
  'dead',
  'wake',
] as const;

export type ShardKey = (typeof SHARD_KEYS)[number];

export interface ShardAddress {
  readonly keyPrefix: string;
  readonly name: string;
  readonly shard: number;
}

export type ShardKeys = Readonly<Record<ShardKey, string>>;

export function shardKeys(address: ShardAddress): ShardKeys {
  return Object.fromEntries(SHARD_KEYS.map((key) => [key, keyOf(address, key)])) as Record<ShardKey, string>;
}

/** Channels, named after `shard`, which the scripts know: an id of a running job to stop; a JSON array of state letter and id of ended jobs. */
export function cancelsChannel(address: ShardAddress): string {
  return `${keyOf(address, 'shard')}:cancels`;
}

export function endsChannel(address: ShardAddress): string {
  return `${keyOf(address, 'shard')}:ends`;
}

export function markerKey(address: ShardAddress): string {
  return keyOf(address, 'marker');
}

/** Wait times of one slot of five minutes; two slots take turns. */
export function waitsKey(address: ShardAddress, slot: 0 | 1): string {
  return `${keyOf(address, 'waits')}:${slot}`;
}

function keyOf({ keyPrefix, name, shard }: ShardAddress, key: string): string {
  return `${keyPrefix}:{${name}:${shard}}:${key}`;
}
