import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { BackgroundPrisma, Prisma } from 'fairshare/prisma';

const WRITE_EVERY_MS = 1_000;
/** Names in memory at most, and rows beyond which no new name gets one. */
const MOST_NAMES = 1_000;
const LONGEST_NAME = 100;

interface Asked {
  count: number;
  readonly firstAt: Date;
  lastAt: Date;
}

/**
 * Models that queries asked for and no row weighs, each once with its count: written once a second, summed over all nodes.
 * What cannot be written stays in memory.
 */
@Injectable()
export class UnknownModels implements OnApplicationShutdown {
  private readonly logger = new Logger('UnknownModels');
  private asked = new Map<string, Asked>();

  constructor(private readonly prisma: BackgroundPrisma) {}

  /** A query asked for it; a long name is cut at 100 characters. */
  askedFor(model: string): void {
    this.add(model.slice(0, LONGEST_NAME), { count: 1, firstAt: new Date(), lastAt: new Date() });
  }

  @Interval('unknown-models', WRITE_EVERY_MS)
  async writeDue(): Promise<void> {
    await this.flush().catch((error: unknown) => {
      this.logger.debug(`Unknown models are kept in memory: ${String(error)}`);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.writeDue();
  }

  async flush(): Promise<void> {
    if (this.asked.size === 0) return;
    const asked = this.asked;
    this.asked = new Map();
    try {
      await this.prisma.$executeRaw(upsert([...asked]));
    } catch (error) {
      for (const [name, one] of asked) this.add(name, one);
      throw error;
    }
  }

  /** Those that were asked for last come first. */
  async list(limit: number): Promise<Prisma.UnknownModelModel[]> {
    await this.flush();
    return this.prisma.unknownModel.findMany({
      select: { name: true, count: true, firstSeenAt: true, lastSeenAt: true },
      orderBy: [{ lastSeenAt: 'desc' }, { name: 'asc' }],
      take: limit,
    });
  }

  private add(name: string, more: Asked): void {
    const known = this.asked.get(name);
    if (!known) {
      if (this.asked.size < MOST_NAMES) this.asked.set(name, more);
      return;
    }
    known.count += more.count;
    if (more.lastAt > known.lastAt) known.lastAt = more.lastAt;
  }
}

function upsert(asked: readonly (readonly [string, Asked])[]): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO unknown_models AS known (name, count, first_seen_at, last_seen_at)
    SELECT * FROM unnest(
      ${asked.map(([name]) => name)}::text[],
      ${asked.map(([, { count }]) => String(count))}::bigint[],
      ${asked.map(([, { firstAt }]) => firstAt.toISOString())}::timestamptz[],
      ${asked.map(([, { lastAt }]) => lastAt.toISOString())}::timestamptz[]
    ) AS row (name, count, first_seen_at, last_seen_at)
    WHERE name IN (SELECT name FROM unknown_models) OR (SELECT count(*) FROM unknown_models) < ${MOST_NAMES}
    ORDER BY 1
    ON CONFLICT (name) DO UPDATE SET count = known.count + EXCLUDED.count,
      first_seen_at = LEAST(known.first_seen_at, EXCLUDED.first_seen_at),
      last_seen_at = GREATEST(known.last_seen_at, EXCLUDED.last_seen_at)`;
}
