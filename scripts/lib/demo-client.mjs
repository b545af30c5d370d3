import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureBuild } from './build.mjs';
import { ensurePackages } from './packages.mjs';
import { inProject } from './paths.mjs';

const CLIENT = inProject('dist', 'libs', 'client', 'src', 'index.js');

/**
 * The typed client of one server, for the two tenants and the operator of a demonstration.
 * `query` answers {status, body, ms}; the others answer the body, or throw what the problem says.
 */
export async function createDemoClient(url, adminKey) {
  if (!existsSync(CLIENT)) {
    await ensurePackages();
    await ensureBuild();
  }
  const { createFairshareClient } = await import(pathToFileURL(CLIENT));
  const operator = createFairshareClient({ url, adminKey });
  const tenants = new Map();
  const tenant = (tenantId) => {
    if (!tenants.has(tenantId)) tenants.set(tenantId, createFairshareClient({ url, tenantId }));
    return tenants.get(tenantId);
  };

  return {
    async query(tenantId, query) {
      const startedAt = performance.now();
      const { data, error, response } = await tenant(tenantId).POST('/query', { body: { query } });
      return { status: response.status, body: data ?? error, ms: performance.now() - startedAt };
    },
    status: (tenantId) => must(tenant(tenantId).GET('/quota/status')),
    line: (tenantId) => must(tenant(tenantId).GET('/queue/stats')),
    job: (tenantId, id) => must(tenant(tenantId).GET('/jobs/{id}', { params: { path: { id } } })),
    update: (body) => must(operator.POST('/admin/quota/update', { body })),
    reset: (tenantId) => must(operator.POST('/admin/quota/reset', { body: { tenant_id: tenantId } })),
    purge: (tenantId) => must(operator.POST('/admin/queue/purge', { body: { tenant_id: tenantId } })),
  };
}

async function must(answer) {
  const { data, error, response } = await answer;
  if (error) throw new Error(`the server answered ${response.status}: ${error.detail}`);
  return data;
}
