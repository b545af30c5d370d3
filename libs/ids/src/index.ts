export { canonicalTenantId, TENANT_ID_BYTES, TENANT_ID_RULE } from './tenant-id.js';
export { canonicalJobId } from './job-id.js';
