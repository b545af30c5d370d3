import { Body, Param, Put, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PrismaService } from 'fairshare/prisma';
import { parseTenantId } from 'fairshare/quota';
import { digest, idempotencyKeyOf } from '../../idempotency/idempotency-key.js';
import { StorageAnswerDto, StorageDto } from '../../quota/quota.dto.js';
import { StorageReports } from '../../quota/storage-reports.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { ConfigChange } from '../changes/config-change.js';
import { isDryRun, MayBeDryRun } from '../changes/dry-run.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { knownTenant } from '../changes/known-names.js';

/** Storage that the operator measures itself, where STORAGE_REPORTERS does not leave it to tenants. */
@AdminController('tenants/:tenantId/storage')
export class AdminStorageController {
  constructor(
    private readonly prisma: PrismaService,
    private readonly changes: ConfigChange,
    private readonly reports: StorageReports,
  ) {}

  @NeedsRole('operate')
  @Put()
  @MayBeDryRun()
  @ApiOperation({ summary: "Report a tenant's storage by delta or by total; over the limit is refused" })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key counts once',
  })
  @ApiOkResponse({ type: StorageAnswerDto })
  async report(
    @Param('tenantId') id: string,
    @Body() change: StorageDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StorageAnswerDto | DryRunDto> {
    await knownTenant(this.prisma, id);
    const tenantId = parseTenantId(id);
    if (isDryRun(request)) {
      const { before, after } = await this.reports.foresee({ tenantId, change });
      return { dry_run: true, before: bytes(before), after: bytes(after), tenants: 1, over: [] };
    }
    // Not foreseen: the repeat of a report that has counted already must not be refused for want of room.
    const before = bytes(await this.reports.used(tenantId));
    const key = idempotencyKeyOf(request.headers);
    const operationId = key === undefined ? undefined : `storage.${digest(key)}`;
    const answer = await this.reports.report({ tenantId, change, operationId });
    const after = { ...change, storage_bytes: answer.limits[0]?.used ?? null };
    await this.changes.commit({
      action: 'storage.report',
      target: `tenant ${id}`,
      tenantId: id,
      concerned: { tenantId: id },
      request,
      reply,
      make: async () => ({ before, after, answer: undefined }),
    });
    return answer;
  }
}

function bytes(storage: number) {
  return { storage_bytes: storage };
}
