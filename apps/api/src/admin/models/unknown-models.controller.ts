import { Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { NeedsRole } from '../../operators/admin-role.js';
import { AdminController } from '../../operators/admin-route.decorator.js';
import { UnknownModels } from '../../usage/unknown-models.js';
import { UnknownModelsDto, UnknownModelsQueryDto } from './unknown-models.dto.js';

/** Models that queries asked for and no row weighs: a row is missing, or a client is mistaken. */
@AdminController('unknown-models')
export class UnknownModelsController {
  constructor(private readonly unknown: UnknownModels) {}

  @NeedsRole('read')
  @Get()
  @ApiOperation({ summary: 'Models that no row weighs, each once, the last asked for first' })
  @ApiOkResponse({ type: UnknownModelsDto })
  async list(@Query() { limit = 100 }: UnknownModelsQueryDto): Promise<UnknownModelsDto> {
    const rows = await this.unknown.list(limit);
    return {
      models: rows.map(({ name, count, firstSeenAt, lastSeenAt }) => ({
        name,
        count: Number(count),
        first_seen_at: firstSeenAt.toISOString(),
        last_seen_at: lastSeenAt.toISOString(),
      })),
    };
  }
}
