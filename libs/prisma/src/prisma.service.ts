import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from './generated/client.js';

export interface PrismaOptions {
  /** `postgresql://…`. */
  readonly url: string;
  /** Most connections held at once. Default 10. */
  readonly maxConnections?: number;
  /** How long a query may wait for a connection, in ms. Default 2_000. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may run, in ms; the server cancels it. Default 5_000. */
  readonly statementTimeoutMs?: number;
}

export const PrismaOptions = Symbol('PrismaOptions');

/** The database client; connects on first use, so that a process starts while PostgreSQL is away. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  constructor(@Inject(PrismaOptions) options: PrismaOptions) {
    super({ adapter: createPrismaAdapter(options) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}

/** A connection pool with deadlines; by default pg would wait for ever. */
export function createPrismaAdapter(options: PrismaOptions): PrismaPg {
  return new PrismaPg({
    connectionString: options.url,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 2_000,
    statement_timeout: options.statementTimeoutMs ?? 5_000,
    query_timeout: (options.statementTimeoutMs ?? 5_000) + 500,
    application_name: 'fairshare',
  });
}
