import { withSecretFiles } from '#settings';
import {
  boolean,
  enumeration,
  integer,
  networkAddress,
  networks,
  optional,
  parseVariables,
  secret,
  serverUrl,
  text,
  unguessableSecret,
  type Variables,
} from './variables.js';

/** Every environment variable there is, with its default; `.env.example` says the same and is checked against it. */
export const environmentVariables = {
  HOST: networkAddress('127.0.0.1'),
  PORT: integer({ default: 8000, min: 0, max: 65_535 }),
  SHUTDOWN_DRAIN_SECONDS: integer({ default: 0, min: 0, max: 300 }),
  DATABASE_URL: serverUrl(['postgresql:', 'postgres:']),
  DATABASE_POOL_SIZE: integer({ default: 10, min: 1, max: 500 }),
  REDIS_URL: serverUrl(['redis:', 'rediss:', 'unix:']),
  REDIS_KEY_PREFIX: text({ default: 'fairshare', pattern: /^[A-Za-z0-9_-]{1,32}$/ }),
  ADMIN_API_KEY: unguessableSecret({ minLength: 16, minBits: 40 }),
  TRUSTED_PROXIES: networks(),
  TENANT_AUTH: enumeration(['header', 'token'], 'header'),
  TRUST_TENANT_HEADER: boolean(false),
  JWT_SECRET: optional(secret({ minLength: 32 })),
  JWT_JWKS_URL: optional(serverUrl(['https:', 'http:'])),
  JWT_ISSUER: text({ default: '', pattern: /^\S{1,256}$/ }),
  JWT_AUDIENCE: text({ default: '', pattern: /^\S{1,256}$/ }),
  JWT_TENANT_CLAIM: text({ default: 'tenant_id', pattern: /^[\w.:/-]{1,128}$/ }),
  QUOTA_CACHE_TTL_MS: integer({ default: 60_000, min: 1, max: 600_000 }),
  QUOTA_DEADLINE_MS: integer({ default: 250, min: 10, max: 10_000 }),
  QUOTA_UNAVAILABLE: enumeration(['deny', 'allow'], 'deny'),
  QUOTA_LEASE_MS: integer({ default: 30_000, min: 1_000, max: 3_600_000 }),
  UNKNOWN_MODELS: enumeration(['dearest', 'refuse'], 'dearest'),
  STORAGE_REPORTERS: enumeration(['tenant', 'scoped', 'operator'], 'tenant'),
  MAX_TOTAL_QUEUE_SIZE: integer({ default: 5_000, min: 1, max: 1_000_000 }),
  WORKER: enumeration(['embedded', 'off'], 'embedded'),
  WORKER_CONCURRENCY: integer({ default: 8, min: 1, max: 1_000 }),
  WORKER_HEARTBEAT_FILE: text({ default: '', pattern: /^\/.{1,500}$/ }),
  JOB_LEASE_MS: integer({ default: 10_000, min: 500, max: 3_600_000 }),
  JOB_RETENTION_MS: integer({ default: 86_400_000, min: 1_000, max: 31_536_000_000 }),
  EXECUTOR: enumeration(['simulated', 'openai'], 'simulated'),
  OPENAI_BASE_URL: text({ default: 'https://api.openai.com/v1', pattern: /^https?:\/\/[^\s?#@]{1,500}$/ }),
  OPENAI_API_KEY: optional(secret({ minLength: 1 })),
  OPENAI_CONNECT_TIMEOUT_MS: integer({ default: 5_000, min: 1, max: 600_000 }),
  OPENAI_TIMEOUT_MS: integer({ default: 60_000, min: 1, max: 600_000 }),
  OPENAI_MAX_RETRIES: integer({ default: 2, min: 0, max: 10 }),
  UPSTREAM_CONCURRENCY: integer({ default: 16, min: 1, max: 10_000 }),
  SIMULATED_CAPACITY: integer({ default: 16, min: 1, max: 10_000 }),
  SIMULATED_BASE_LATENCY_MS: integer({ default: 20, min: 0, max: 60_000 }),
  SIMULATED_MS_PER_TOKEN: integer({ default: 1, min: 0, max: 1_000 }),
  JOB_STREAM_HEARTBEAT_MS: integer({ default: 15_000, min: 10, max: 600_000 }),
  MAX_JOB_STREAMS_PER_TENANT: integer({ default: 20, min: 1, max: 10_000 }),
  MAX_WAIT_SECONDS: integer({ default: 30, min: 0, max: 600 }),
  DEFAULT_MODEL: text({ default: 'gpt-3.5-turbo', pattern: /^[\w.:/@-]{1,64}$/ }),
  DEFAULT_MAX_TOKENS: integer({ default: 64, min: 1, max: 1_000_000 }),
  FREE_REQUEST_LIMITS: boolean(true),
  FREE_REQUESTS_PER_ADDRESS: integer({ default: 12_000, min: 1, max: 1_000_000_000 }),
  JOB_ROW_RETENTION_DAYS: integer({ default: 30, min: 1, max: 36_500 }),
  MAX_ENDED_JOBS_PER_TENANT: integer({ default: 10_000, min: 1, max: 100_000_000 }),
  AUDIT_RETENTION_DAYS: integer({ default: 400, min: 90, max: 36_500 }),
  COMMAND_RETENTION_DAYS: integer({ default: 90, min: 1, max: 36_500 }),
  USAGE_RETENTION_DAYS: integer({ default: 400, min: 2, max: 36_500 }),
  IDEMPOTENCY_RETENTION_HOURS: integer({ default: 24, min: 1, max: 8_760 }),
  BODY_LIMIT_BYTES: integer({ default: 262_144, min: 1_024, max: 104_857_600 }),
  LOG_LEVEL: enumeration(['fatal', 'error', 'warn', 'log', 'debug', 'verbose'], 'log'),
  LOG_FORMAT: enumeration(['text', 'json'], 'text'),
};

export type Environment = Variables<typeof environmentVariables>;

/** Injection token of the parsed environment. */
export const Environment = Symbol('Environment');

/**
 * Parses the environment; throws one error that names every variable that is missing or wrong. A secret may be in a file
 * that `NAME_FILE` names.
 */
export function parseEnvironment(source: NodeJS.ProcessEnv): Environment {
  const environment = parseVariables(environmentVariables, withSecretFiles(source));
  if (
    environment.TENANT_AUTH === 'header' &&
    !isLoopback(environment.HOST) &&
    !environment.TRUST_TENANT_HEADER
  ) {
    throw new Error(
      `HOST is ${environment.HOST} while TENANT_AUTH=header believes any caller's X-Tenant-ID; ` +
        'set TRUST_TENANT_HEADER=true if only trusted callers can reach this address',
    );
  }
  if (environment.JWT_SECRET && environment.JWT_JWKS_URL) {
    throw new Error('JWT_SECRET and JWT_JWKS_URL are both set; tokens are verified by one of them only');
  }
  return environment;
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
