import { randomUUID } from 'node:crypto';
import type { TestApi } from './api.js';

/** A tenant that no other test knows, in tier free, with some of its limits replaced. */
export async function newTenant(api: TestApi, limits: Record<string, number> = {}): Promise<string> {
  const id = `t-${randomUUID()}`;
  await api.prisma.tenant.create({ data: { id, tierName: 'free' } });
  if (Object.keys(limits).length > 0) await setLimits(api, id, limits);
  return id;
}

/** Replaces limits at once, as an operator would. */
export async function setLimits(
  api: TestApi,
  tenantId: string,
  limits: Record<string, number>,
): Promise<void> {
  const answer = await api.admin('POST', '/admin/quota/update', { tenant_id: tenantId, limits });
  if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
}

/** A tenant whose only query of the hour is spent, so that the next one is queued. */
export async function exhaustedTenant(api: TestApi): Promise<string> {
  const id = await newTenant(api, { queries_hourly: 1 });
  const first = await api.query(id, 'the only one');
  if (first.status !== 200) throw new Error(JSON.stringify(first.body));
  return id;
}

export async function limitOf(api: TestApi, tenantId: string, name = 'queries_hourly') {
  const { body } = await api.get(tenantId, '/quota/status');
  const limits = body.limits as { name: string; used: number; held: number; remaining: number }[];
  return limits.find((limit) => limit.name === name)!;
}
