import { Body, Param, Put, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { digest, idempotencyKeyOf } from '../../idempotency/idempotency-key.js';
import { NeedsRole } from '../../operators/admin-role.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { StorageDto } from '../../quota/quota.dto.js';
import { checkChange } from '../../quota/storage-reports.js';
import type { DryRunDto } from '../changes/dry-run.dto.js';
import { Commands } from '../commands/commands.js';
import type { CommandDto } from '../commands/commands.dto.js';
import { IsCommand } from '../commands/is-command.decorator.js';

/** Storage that the operator measures itself, where STORAGE_REPORTERS does not leave it to tenants. */
@AdminController('tenants/:tenantId/storage')
export class AdminStorageController {
  constructor(private readonly commands: Commands) {}

  @NeedsRole('operate')
  @Put()
  @IsCommand()
  @ApiOperation({ summary: "Report a tenant's storage by delta or by total; over the limit is refused" })
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'A repeat with the same key counts once',
  })
  report(
    @Param('tenantId') tenantId: string,
    @Body() change: StorageDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CommandDto | DryRunDto> {
    const key = idempotencyKeyOf(request.headers);
    const args = {
      ...checkChange(change),
      ...(key === undefined ? {} : { operation_id: `storage.${digest(key)}` }),
    };
    return this.commands.answer({ action: 'storage.report', tenantId, args }, { request, reply });
  }
}
