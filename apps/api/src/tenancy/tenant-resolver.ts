import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LimitCache, parseTenantId, type TenantLimits } from 'fairshare/quota';
import { Problem } from '../http/problem.js';

const tenants = new WeakMap<object, TenantLimits>();

/** The tenant that the guard found for this request. */
export function tenantOf(request: object): TenantLimits {
  const tenant = tenants.get(request);
  if (!tenant) throw new Problem('unauthenticated', 'Send your tenant id in the header X-Tenant-ID.');
  return tenant;
}

/** Request → tenant, by the trusted header X-Tenant-ID. */
@Injectable()
export class TenantResolver {
  constructor(private readonly limits: LimitCache) {}

  /** undefined where the request names no tenant; throws for one that is unknown or suspended. */
  async resolve(request: FastifyRequest): Promise<TenantLimits | undefined> {
    const named = request.headers['x-tenant-id'];
    if (named === undefined) return undefined;
    const tenant = await this.limits.get(parseTenantId(String(named)));
    if (tenant.status === 'suspended') {
      throw new Problem('tenant_suspended', 'This tenant is suspended; ask the operator to activate it.');
    }
    tenants.set(request, tenant);
    return tenant;
  }
}
