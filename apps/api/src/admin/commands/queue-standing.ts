import type { FairQueue } from 'fairshare/queue';

/** How many jobs stand where: of a tenant, or of all. */
export async function jobsOf(queue: FairQueue, tenantId: string | null): Promise<Record<string, number>> {
  const { waiting, delayed, running, dead } =
    tenantId === null ? await queue.stats() : await queue.tenantStats(tenantId);
  return { waiting, delayed, running, dead };
}
