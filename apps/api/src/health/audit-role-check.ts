import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { PrismaService } from 'fairshare/prisma';
import { HealthChecks } from './health-checks.js';

const FAULT =
  'DATABASE_URL is of a role that may change the audit log. Migrate with MIGRATION_DATABASE_URL of the owner and serve ' +
  'with a role of its own: npm run migrate -- --help';

/** Says whether the role that serves could change what the audit log says. It works all the same: one role is a choice. */
@Injectable()
export class AuditRoleCheck implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Database');

  constructor(
    private readonly checks: HealthChecks,
    private readonly prisma: PrismaService,
  ) {}

  onModuleInit(): void {
    this.checks.register('database_role', async () => ({
      state: 'up',
      detail: (await this.mayChangeAudit()) ? FAULT : undefined,
    }));
  }

  onApplicationBootstrap(): void {
    void this.mayChangeAudit().then((may) => may && this.logger.warn(FAULT));
  }

  /** False too where there is no audit log yet, or no database: other checks say that. */
  private async mayChangeAudit(): Promise<boolean> {
    const [answer] = await this.prisma.$queryRaw<{ may: boolean | null }[]>`
        SELECT has_table_privilege(to_regclass('audit_log'), 'UPDATE, DELETE, TRUNCATE')
          OR pg_has_role((SELECT relowner FROM pg_class WHERE oid = to_regclass('audit_log')), 'MEMBER') AS may`.catch(
      () => [],
    );
    return answer?.may ?? false;
  }
}
