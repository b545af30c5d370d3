import { Body, Controller, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { IsInt, IsObject, IsOptional, Max, Min } from 'class-validator';
import { type Cost, QuotaService, type TenantLimits } from 'fairshare/quota';
import { Problem } from '../http/problem.js';
import { quotaProblem, violationView } from '../http/quota-problem.js';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { limitView } from './limit-view.js';

class CheckDto {
  @ApiProperty({ example: { queries: 1, tokens: 500 } })
  @IsObject()
  cost!: Cost;
}

class StorageDto {
  @ApiPropertyOptional({ description: 'Bytes added (or, negative, freed)' })
  @IsOptional()
  @IsInt()
  @Min(Number.MIN_SAFE_INTEGER)
  @Max(Number.MAX_SAFE_INTEGER)
  delta?: number;

  @ApiPropertyOptional({ description: 'Bytes stored in all' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  total?: number;
}

/** What a tenant may see and ask of its own quota; none of it spends. */
@ApiTags('quota')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('quota')
export class QuotaController {
  constructor(private readonly quota: QuotaService) {}

  @Get('status')
  @ApiOperation({ summary: 'Every limit: used, held, remaining, when it resets, and where it comes from' })
  async status(@CurrentTenant() { tenantId }: TenantLimits): Promise<unknown> {
    const status = await this.quota.status({ tenantId });
    return {
      tenant_id: tenantId,
      tier: status.tier,
      status: status.status,
      overflow: status.overflow,
      open_holds: status.openHolds,
      limits: status.limits.map(limitView),
    };
  }

  @Post('check')
  @HttpCode(200)
  @ApiOperation({ summary: 'What would be decided for this cost now' })
  async check(@CurrentTenant() { tenantId }: TenantLimits, @Body() { cost }: CheckDto): Promise<unknown> {
    const decision = await this.quota.check({ tenantId, cost });
    return {
      allowed: decision.allowed,
      violations: decision.allowed
        ? []
        : decision.violations.map((violation) => violationView(violation, decision)),
      limits: decision.limits.map(limitView),
    };
  }

  @Put('storage')
  @ApiOperation({ summary: 'Report storage by delta or by total; over the limit is refused' })
  async storage(@CurrentTenant() { tenantId }: TenantLimits, @Body() body: StorageDto): Promise<unknown> {
    const { delta, total } = body;
    if ((delta === undefined) === (total === undefined)) {
      throw new Problem('invalid_request', 'Send either delta or total.');
    }
    const change = delta === undefined ? { total: total! } : { delta };
    const decision = await this.quota.adjust({ tenantId, resource: 'storage_bytes', ...change });
    if (!decision.allowed) throw quotaProblem(decision);
    return { limits: decision.limits.filter(({ resource }) => resource === 'storage_bytes').map(limitView) };
  }
}
