import { waitsKey } from './keys.js';
import { PackWriter } from './records/pack.js';
import type { QueueShard } from './queue-shard.js';
import { recordWaits } from './scripts/record-waits.js';

const BUCKETS = 32;
const DOUBLINGS_PER_BUCKET = 0.7;
const SLOT_MS = 300_000;
const MAX_TENANTS = 10_000;
/** Keeps the script short. */
const TENANTS_PER_CALL = 200;
const BUCKET_BYTES = 5;
const ALL = '';

/** Counts of waits by bucket: bucket b holds waits below 2^(0.7 b) ms, up to an hour; a percentile is right to within 63 %. */
type Histogram = number[];

export interface Waits {
  readonly counts: Histogram;
  readonly perSecond: number;
}

/** Collects, in this process, how long jobs waited; `flush` adds it to what all processes see. */
export class WaitSamples {
  private readonly tenants = new Map<string, Histogram>();

  add(tenantId: string, waitedMs: number): void {
    const bucket = bucketOf(waitedMs);
    this.histogram(tenantId)[bucket]! += 1;
    this.histogram(ALL)[bucket]! += 1;
  }

  /** Loses at most what one interval collected when Redis is away: these are figures, not accounts. */
  async flush(shard: QueueShard): Promise<void> {
    if (this.tenants.size === 0) return;
    const samples = [...this.tenants];
    this.tenants.clear();
    for (let from = 0; from < samples.length; from += TENANTS_PER_CALL) {
      await record(shard, samples.slice(from, from + TENANTS_PER_CALL));
    }
  }

  private histogram(tenantId: string): Histogram {
    let counts = this.tenants.get(tenantId);
    if (!counts) this.tenants.set(tenantId, (counts = noCounts()));
    return counts;
  }
}

async function record(shard: QueueShard, samples: readonly (readonly [string, Histogram])[]): Promise<void> {
  const writer = new PackWriter();
  for (const [tenantId, counts] of samples) pack(writer, tenantId, counts);
  const nowMs = Date.now();
  const slot = (Math.floor(nowMs / SLOT_MS) % 2) as 0 | 1;
  const expireMs = 2 * SLOT_MS - (nowMs % SLOT_MS) - 1000;
  const args = { nowMs, expireMs, maxTenants: MAX_TENANTS, counts: writer.bytes() };
  await recordWaits.run(shard.redis, { waits: waitsKey(shard.address, slot) }, args);
}

/** What all processes recorded in the last five to ten minutes. */
export async function readWaits(
  shard: QueueShard,
  tenantId?: string,
): Promise<{ total: Waits; tenant: Waits | undefined }> {
  const slots = await Promise.all(
    ([0, 1] as const).map((slot) =>
      shard.redis.hmgetBuffer(waitsKey(shard.address, slot), 'since', 't', `t${tenantId ?? ALL}`),
    ),
  );
  const since = slots.flatMap(([first]) => (first ? [Number(first.toString())] : []));
  const seconds = Math.max(1, (Date.now() - Math.min(...since)) / 1000);
  const sum = (index: number): Waits => {
    const counts = noCounts();
    for (const slot of slots) addTo(counts, slot[index]);
    return { counts, perSecond: counts.reduce((a, b) => a + b, 0) / seconds };
  };
  return { total: sum(1), tenant: tenantId === undefined ? undefined : sum(2) };
}

export function noWaits(): Waits {
  return { counts: noCounts(), perSecond: 0 };
}

export function summarize(waits: readonly Waits[]) {
  const counts = noCounts();
  for (const one of waits) one.counts.forEach((count, bucket) => (counts[bucket]! += count));
  const total = counts.reduce((a, b) => a + b, 0);
  return {
    throughputPerSecond: waits.reduce((sum, { perSecond }) => sum + perSecond, 0),
    waitMs:
      total === 0
        ? null
        : { p50: percentile(counts, 0.5), p95: percentile(counts, 0.95), p99: percentile(counts, 0.99) },
  };
}

/** The upper edge, in ms, of the bucket in which the percentile falls. */
function percentile(counts: Histogram, share: number): number {
  const rank = Math.ceil(counts.reduce((a, b) => a + b, 0) * share);
  let seen = 0;
  const bucket = counts.findIndex((count) => (seen += count) >= rank);
  return Math.ceil(2 ** (bucket * DOUBLINGS_PER_BUCKET));
}

function bucketOf(waitedMs: number): number {
  if (waitedMs < 1) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(waitedMs) / DOUBLINGS_PER_BUCKET) + 1);
}

function pack(writer: PackWriter, tenantId: string, counts: Histogram): void {
  const bytes = Buffer.byteLength(tenantId);
  writer.uint(bytes, 2).text(tenantId, bytes).uint(counts.filter(Boolean).length, 1);
  counts.forEach((count, bucket) => count > 0 && writer.uint(bucket, 1).uint(count, 4));
}

function addTo(counts: Histogram, packed: Buffer | null | undefined): void {
  for (let at = 0; at < (packed?.length ?? 0); at += BUCKET_BYTES) {
    counts[packed!.readUInt8(at)]! += packed!.readUInt32BE(at + 1);
  }
}

function noCounts(): Histogram {
  return new Array<number>(BUCKETS).fill(0);
}
