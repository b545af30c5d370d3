import { Controller, Get, Query } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { TenantLimits } from 'fairshare/quota';
import { CurrentTenant } from '../tenancy/current-tenant.decorator.js';
import { UsageHistory } from './usage-history.js';
import { usageView } from './usage-view.js';
import { UsageDto, UsageQueryDto } from './usage.dto.js';

/** What a tenant spent. */
@ApiTags('quota')
@ApiHeader({ name: 'X-Tenant-ID', required: true })
@Controller('quota')
export class UsageController {
  constructor(private readonly history: UsageHistory) {}

  @Get('usage')
  @ApiOperation({ summary: 'What was spent by hour, day or month (UTC)' })
  @ApiOkResponse({ type: UsageDto })
  usage(@CurrentTenant() { tenantId }: TenantLimits, @Query() query: UsageQueryDto): Promise<UsageDto> {
    return usageView(this.history, tenantId, query);
  }
}
