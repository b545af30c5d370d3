import { createQuota, parseTenantId } from 'fairshare/quota';
import { info } from '../lib/redis-info.mjs';
import { EIGHT, limitSource } from './limits.mjs';

const TENANTS = 10_000;

/** Bytes of Redis for one tenant with eight limits, all of them in use; what an empty server needs is taken off. */
export async function bytesPerTenant(redis) {
  await redis.flushall();
  const { service } = createQuota(redis, {
    keyPrefix: 'bench:memory',
    deadlineMs: 10_000,
    limits: limitSource(EIGHT, () => 1_000_000),
  });
  const use = async (index) => {
    const tenantId = parseTenantId(`tenant-${index}`);
    await service.spend({ tenantId, cost: { queries: 1, tokens: 100, cost_units: 5 } });
    await service.adjust({ tenantId, resource: 'storage_bytes', total: 1_000_000 });
  };
  await use(TENANTS); // scripts and clients are there before the first reading
  const before = (await info(redis, 'memory')).used_memory;
  for (let index = 0; index < TENANTS; index += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, offset) => use(index + offset)));
  }
  return ((await info(redis, 'memory')).used_memory - before) / TENANTS;
}
