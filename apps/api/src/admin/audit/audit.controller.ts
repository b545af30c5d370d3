import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { type Prisma, PrismaService } from 'fairshare/prisma';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { AuditDto, type AuditEntryDto, AuditQueryDto } from './audit.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';

const SHOWN = {
  id: true,
  at: true,
  actor: true,
  role: true,
  address: true,
  requestId: true,
  action: true,
  target: true,
  tenantId: true,
  before: true,
  after: true,
} as const satisfies Prisma.AuditEntrySelect;

/** The record of every change; nobody can change it. */
@AdminController('audit')
export class AuditController {
  constructor(private readonly prisma: PrismaService) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Who changed what, newest first' })
  @ApiOkResponse({ type: AuditDto })
  async list(
    @Query() { tenant_id, action, actor, from, to, cursor, limit = 50 }: AuditQueryDto,
  ): Promise<AuditDto> {
    const rows = await this.prisma.auditEntry.findMany({
      select: SHOWN,
      where: {
        tenantId: tenant_id,
        action,
        actor,
        at: { gte: from && new Date(from), lt: to && new Date(to) },
        ...(cursor === undefined ? {} : { id: { lt: cursor } }),
      },
      orderBy: { id: 'desc' },
      take: limit + 1,
    });
    const page = rows.slice(0, limit).map(entryView);
    return { entries: page, next_cursor: rows.length > limit ? page.at(-1)!.id : null };
  }
}

function entryView(row: Pick<Prisma.AuditEntryModel, keyof typeof SHOWN>): AuditEntryDto {
  return {
    id: Number(row.id),
    at: row.at.toISOString(),
    actor: row.actor,
    role: row.role,
    address: row.address,
    request_id: row.requestId,
    action: row.action,
    target: row.target,
    tenant_id: row.tenantId,
    before: row.before,
    after: row.after,
  };
}
