import { existsSync, readdirSync } from 'node:fs';
import { inProject } from '#project';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { HealthChecks, type HealthReport } from './health-checks.js';

interface Applied {
  readonly name: string;
  readonly finished: boolean;
}

/** Whether the database has the tables that this version works with. A newer schema is fine: a new version is coming. */
@Injectable()
export class SchemaCheck implements OnModuleInit {
  private readonly known = knownMigrations();

  constructor(
    private readonly checks: HealthChecks,
    private readonly prisma: PrismaService,
  ) {}

  onModuleInit(): void {
    this.checks.register('schema', () => this.check());
  }

  private async check(): Promise<HealthReport> {
    const applied = await this.applied();
    if (!applied) return { state: 'down', detail: 'The database has no schema: run npm run migrate' };
    const broken = applied.find((one) => !one.finished);
    if (broken)
      return { state: 'down', detail: `Migration ${broken.name} is not finished: run npm run migrate` };
    const names = new Set(applied.map(({ name }) => name));
    const missing = this.known.filter((name) => !names.has(name));
    if (missing.length === 0) return { state: 'up' };
    return {
      state: 'down',
      detail: `The database lacks ${missing.length} migrations, first ${missing[0]}: run npm run migrate`,
    };
  }

  /** undefined where nobody has ever migrated. */
  private async applied(): Promise<Applied[] | undefined> {
    const [table] = await this.prisma.$queryRaw<{ there: boolean }[]>`
      SELECT to_regclass('_prisma_migrations') IS NOT NULL AS there`;
    if (!table?.there) return undefined;
    return this.prisma.$queryRaw<Applied[]>`
      SELECT migration_name AS name, finished_at IS NOT NULL AS finished
      FROM _prisma_migrations WHERE rolled_back_at IS NULL`;
  }
}

/** The migrations that came with this version. */
function knownMigrations(): string[] {
  const folder = inProject('prisma', 'migrations');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}
