import createClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './schema.js';

/** Every refusal, as RFC 9457 writes it; `code` tells the kind, docs/problems has a page for each. */
export type Problem = components['schemas']['Problem'];

/** One method per HTTP verb; `data` on success, else `error`, a Problem. It rejects only when no answer came. */
export type FairshareClient = Client<paths>;

export interface FairshareClientOptions {
  /** Where the API is, such as http://127.0.0.1:3000. */
  readonly url: string;
  /** A tenant's API key (fsk_…) or JWT. */
  readonly apiKey?: string;
  /** Where the server trusts X-Tenant-ID (TENANT_AUTH=header). */
  readonly tenantId?: string;
  /** An operator's key, for the routes under /admin. */
  readonly adminKey?: string;
  /** Instead of the global fetch: a pool, a proxy, a clock. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client whose paths, fields and answers are checked by the compiler against docs/openapi.json.
 * Throws TypeError where `url` is not an http(s) URL, or where two identities of a tenant are given.
 */
export function createFairshareClient(options: FairshareClientOptions): FairshareClient {
  const { url, apiKey, tenantId, adminKey, fetch } = options;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(`url must be an http(s) URL, got ${JSON.stringify(url)}`);
  }
  if (apiKey && tenantId)
    throw new TypeError('give apiKey or tenantId, not both: a request has one identity');
  return createClient<paths>({
    baseUrl: url,
    headers: {
      authorization: apiKey && `Bearer ${apiKey}`,
      'x-tenant-id': tenantId,
      'x-admin-key': adminKey,
    },
    ...(fetch && { fetch }),
  });
}
