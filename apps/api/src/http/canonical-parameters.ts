import type { FastifyInstance } from 'fastify';
import { canonicalJobId, canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';
import { Problem } from '../problems/problem.js';

/**
 * Ids in paths get their one form before any guard or handler reads them: `{tenantId}` on every route, `{id}` of jobs.
 * What can be no tenant's id is refused; what can be no job's is as unknown as any other.
 */
export function canonicalParameters(server: FastifyInstance): void {
  server.addHook('preValidation', async ({ params, routeOptions }) => {
    const given = params as Record<string, string> | undefined;
    if (given?.['tenantId'] !== undefined) given['tenantId'] = tenantIdOf(given['tenantId']);
    if (given?.['id'] !== undefined && routeOptions.url?.startsWith('/jobs/')) {
      given['id'] = canonicalJobId(given['id']) ?? given['id'];
    }
  });
}

function tenantIdOf(text: string): string {
  const id = canonicalTenantId(text);
  if (id !== undefined) return id;
  throw new Problem('invalid_request', `${TENANT_ID_RULE}; the path has another one.`);
}
