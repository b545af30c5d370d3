import { Inject, Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose';
import { canonicalTenantId, TENANT_ID_RULE } from 'fairshare/ids';
import { Environment } from '../config/environment.js';
import { Problem } from '../problems/problem.js';

const JWKS_TIMEOUT_MS = 2_000;
const CLOCK_TOLERANCE_S = 5;
// Pinned by the kind of key, so that a public key can never pose as a shared secret; `none` is in neither.
const SECRET_ALGORITHMS = ['HS256'];
const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];

/** Reads the tenant from a JWT that JWT_SECRET, or a key at JWT_JWKS_URL, has signed. */
@Injectable()
export class TenantTokens {
  private readonly verify: ((token: string) => Promise<JWTPayload>) | undefined;
  private readonly claim: string;

  constructor(@Inject(Environment) environment: Environment) {
    this.claim = environment.JWT_TENANT_CLAIM;
    this.verify = verifierOf(environment);
  }

  /**
   * The tenant's id, and its scopes (the claim `scope`, RFC 8693). Throws a Problem for a token that is not valid, or
   * where the keys cannot be had now.
   */
  async ownerOf(token: string): Promise<{ tenantId: string; scopes: readonly string[] }> {
    if (!this.verify) throw unauthenticated('JWTs are not accepted here; send an API key.');
    const payload = await this.verify(token).catch((error: unknown) => {
      throw problemOf(error);
    });
    const tenantId = canonicalTenantId(payload[this.claim]);
    if (tenantId === undefined) {
      throw unauthenticated(
        `The JWT names no tenant: its claim ${this.claim} must be the tenant's id. ${TENANT_ID_RULE}.`,
      );
    }
    const scope = payload['scope'];
    return { tenantId, scopes: typeof scope === 'string' ? scope.split(' ') : [] };
  }
}

function verifierOf(environment: Environment): ((token: string) => Promise<JWTPayload>) | undefined {
  const { JWT_SECRET: secret, JWT_JWKS_URL: url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = environment;
  const options: JWTVerifyOptions = {
    issuer: issuer || undefined,
    audience: audience || undefined,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp'],
  };
  if (secret) {
    const key = new TextEncoder().encode(secret);
    const rules = { ...options, algorithms: SECRET_ALGORITHMS };
    return async (token) => (await jwtVerify(token, key, rules)).payload;
  }
  if (url) {
    const keys = createRemoteJWKSet(new URL(url), { timeoutDuration: JWKS_TIMEOUT_MS });
    const rules = { ...options, algorithms: PUBLIC_KEY_ALGORITHMS };
    return async (token) => (await jwtVerify(token, keys, rules)).payload;
  }
  return undefined;
}

function problemOf(error: unknown): Problem {
  const isToken =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC';
  if (!isToken) {
    return new Problem('unavailable', 'The keys that sign JWTs cannot be fetched now; try again.', {
      headers: { 'Retry-After': '1' },
    });
  }
  if (error instanceof errors.JWTExpired) return unauthenticated('The JWT has expired; get a new one.');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return unauthenticated(`The JWT is not for this service: its claim ${error.claim} does not fit.`);
  }
  return unauthenticated('The JWT is not valid: its form, algorithm or signature.');
}

/** RFC 6750: a refused token is told so in WWW-Authenticate. */
export function unauthenticated(detail: string): Problem {
  return new Problem('unauthenticated', detail, {
    headers: { 'WWW-Authenticate': 'Bearer realm="fairshare"' },
  });
}
