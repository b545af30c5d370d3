import { isUtf8 } from 'node:buffer';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';
import { LimitCache, parseTenantId, type TenantLimits } from 'fairshare/quota';
import { Environment } from '../config/environment.js';
import { Problem } from '../problems/problem.js';
import { DecisionBudget } from '../identity/decision-budget.js';
import { FailedAttempts } from '../identity/failed-attempts.js';
import { FreeRequests, noteIdentified } from '../identity/free-requests.js';
import { API_KEY_KIND, ApiKeys } from './api-keys.js';
import { grantScopes } from './scopes.js';
import { TenantTokens, unauthenticated } from './tenant-tokens.js';

const tenants = new WeakMap<object, TenantLimits>();

/** The tenant that the guard found for this request. */
export function tenantOf(request: object): TenantLimits {
  const tenant = tenants.get(request);
  if (!tenant) throw new Error('TenantGuard must stand before whatever asks for the tenant');
  return tenant;
}

/** Request → tenant: by API key or JWT, and by X-Tenant-ID where TENANT_AUTH says that the network is trusted. */
@Injectable()
export class TenantResolver {
  private readonly believesHeader: boolean;

  constructor(
    private readonly limits: LimitCache,
    private readonly apiKeys: ApiKeys,
    private readonly tokens: TenantTokens,
    private readonly failures: FailedAttempts,
    private readonly free: FreeRequests,
    private readonly budget: DecisionBudget,
    @Inject(Environment) environment: Environment,
  ) {
    this.believesHeader = environment.TENANT_AUTH === 'header';
  }

  /** undefined where the request names no tenant; throws for one that is unknown, contradictory or suspended. */
  async resolve(request: FastifyRequest): Promise<TenantLimits | undefined> {
    const named = tenantNamedBy(request.headers['x-tenant-id']);
    const credentials = request.headers.authorization;
    const owner = credentials === undefined ? undefined : await this.prove(credentials, request);
    const proven = owner?.tenantId;
    if (proven !== undefined && named !== undefined && named !== proven) {
      throw unauthenticated('Authorization and X-Tenant-ID name different tenants; send one of them.');
    }
    if (proven === undefined && named !== undefined && !this.believesHeader) {
      throw unauthenticated(
        'X-Tenant-ID alone is not believed here; send Authorization: Bearer with your API key.',
      );
    }
    const id = proven ?? named;
    if (id === undefined) return undefined;
    const tenantId = parseTenantId(id);
    let tenant = this.limits.peek(tenantId);
    if (!tenant) {
      this.free.checkAddress(request.ip);
      tenant = await this.budget.spend(request, this.limits.get(tenantId));
    }
    checkActive(tenant);
    tenants.set(request, tenant);
    if (owner) grantScopes(request, owner.scopes);
    noteIdentified(request);
    return tenant;
  }

  /** Asks the same again, long after `resolve`: throws as it would now, and counts nothing against the address. */
  async recheck(request: FastifyRequest): Promise<void> {
    const credentials = request.headers.authorization;
    if (credentials !== undefined) {
      const token = bearerOf(credentials);
      if (!isApiKey(token)) await this.tokens.ownerOf(token);
      else if (!(await this.apiKeys.ownerOf(token))) throw notInForce();
    }
    checkActive(await this.limits.get(tenantOf(request).tenantId));
  }

  private async prove(
    credentials: string,
    request: FastifyRequest,
  ): Promise<{ readonly tenantId: string; readonly scopes: readonly string[] }> {
    const token = bearerOf(credentials);
    if (!isApiKey(token)) return this.tokens.ownerOf(token);
    const address = request.ip;
    const isAtHand = this.apiKeys.has(token);
    const asked = this.apiKeys.ownerOf(token, () => {
      this.failures.check(address);
      this.free.checkAddress(address);
    });
    const owner = await (isAtHand ? asked : this.budget.spend(request, asked));
    if (owner) return owner;
    this.failures.note(address, 'API keys');
    throw notInForce();
  }
}

/** Node reads headers as Latin-1; ids are sent in UTF-8. Gives the id in its one form. */
function tenantNamedBy(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(String(header), 'latin1');
  if (!isUtf8(bytes)) throw unauthenticated('X-Tenant-ID is not UTF-8; send the id in UTF-8.');
  const id = canonicalTenantId(bytes.toString());
  if (id === undefined) throw unauthenticated(`X-Tenant-ID is no tenant id. ${TENANT_ID_RULE}.`);
  return id;
}

function bearerOf(credentials: string): string {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(credentials)?.[1];
  if (!token) throw unauthenticated('Authorization must be: Bearer, a space, and your API key or JWT.');
  return token;
}

function isApiKey(token: string): boolean {
  return token.startsWith(`${API_KEY_KIND}_`);
}

function notInForce(): Problem {
  return unauthenticated('The API key is not in force: unknown, revoked or expired.');
}

function checkActive({ status }: TenantLimits): void {
  if (status === 'suspended')
    throw new Problem('tenant_suspended', 'This tenant is suspended; ask the operator to activate it.');
}
