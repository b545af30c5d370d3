import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';

export interface PrismaOptions {
  /** `postgresql://…`. */
  readonly url: string;
  /** Most connections held at once, for all purposes together; each purpose has one at least. Default 10. */
  readonly maxConnections?: number;
  /** How long a query may wait for a connection, in ms. Default 2_000. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may run, in ms; the server cancels it. Default 5_000. */
  readonly statementTimeoutMs?: number;
  /** What the connections are for, as `application_name` in pg_stat_activity shows it. Default: requests. */
  readonly purpose?: 'look-ups' | 'background';
}

export const PrismaOptions = Symbol('PrismaOptions');

/**
 * The database client of requests; connects on first use, so that a process starts while PostgreSQL is away. Look-ups and
 * background work have connections of their own, so that no flood of requests can hold them up, and the other way round.
 */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(PrismaOptions) options: PrismaOptions) {
    super({ adapter: createPrismaAdapter({ ...options, maxConnections: connectionsOf(options).requests }) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

/** For what every request waits for where memory does not know it: keys, limits. */
@Injectable()
export class LookupPrisma extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(PrismaOptions) options: PrismaOptions) {
    super({
      adapter: createPrismaAdapter({
        ...options,
        maxConnections: connectionsOf(options).lookups,
        purpose: 'look-ups',
      }),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

/** For what no request waits for: the ends of jobs, use, watchers, retention. */
@Injectable()
export class BackgroundPrisma extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(PrismaOptions) options: PrismaOptions) {
    super({
      adapter: createPrismaAdapter({
        ...options,
        maxConnections: connectionsOf(options).background,
        purpose: 'background',
      }),
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

/** Of ten connections six are for requests, two for look-ups, two for the background. */
function connectionsOf({ maxConnections = 10 }: PrismaOptions) {
  const share = Math.max(1, Math.floor(maxConnections / 5));
  return { requests: Math.max(1, maxConnections - 2 * share), lookups: share, background: share };
}

/** A connection pool with deadlines; by default pg would wait for ever. */
export function createPrismaAdapter(options: PrismaOptions): PrismaPg {
  return new PrismaPg({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    statement_timeout: options.statementTimeoutMs ?? 5_000,
    query_timeout: (options.statementTimeoutMs ?? 5_000) + 500,
    application_name: options.purpose ? `fairshare ${options.purpose}` : 'fairshare',
  });
}
