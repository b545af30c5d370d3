import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, Matches } from 'class-validator';
import { IsTimestamp } from '../http/is-timestamp.js';
import { MayBeAbsent } from '../http/may-be-absent.js';
import { RESOLUTIONS, type Resolution } from './usage-history.js';

const RESOURCE = /^[a-z][a-z0-9_]{0,62}$/;
const RESOURCE_RULE = { message: 'resource must be a name such as queries, tokens or cost_units' };

export class UsageQueryDto {
  @ApiPropertyOptional({ enum: RESOLUTIONS, default: 'day' })
  @MayBeAbsent()
  @IsIn(RESOLUTIONS)
  resolution?: Resolution;

  @ApiPropertyOptional({
    format: 'date-time',
    description:
      'First moment that counts; rounded down to the resolution. Default: 24 hours, 30 days or 12 months ago',
  })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'First moment that does not count. Default: now' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;

  @ApiPropertyOptional({ example: 'queries', description: 'Default: every resource that was spent' })
  @MayBeAbsent()
  @Matches(RESOURCE, RESOURCE_RULE)
  resource?: string;
}

export class UsagePointDto {
  @ApiProperty({ format: 'date-time', description: 'Start of the hour, day or month, UTC' })
  at!: string;

  @ApiProperty({ type: 'integer', example: 17, description: 'What was truly spent' })
  amount!: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description:
      'Part of the amount that lies beyond a limit, so that the counter of that limit does not have it',
  })
  overrun!: number;
}

export class UsageSeriesDto {
  @ApiProperty({ example: 'queries' })
  resource!: string;

  @ApiProperty({ type: 'integer', example: 17 })
  total!: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Part of the total that lies beyond a limit' })
  overrun!: number;

  @ApiProperty({ type: [UsagePointDto] })
  points!: UsagePointDto[];
}

export class UsageDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ enum: RESOLUTIONS })
  resolution!: Resolution;

  @ApiProperty({ format: 'date-time' })
  from!: string;

  @ApiProperty({ format: 'date-time' })
  to!: string;

  @ApiProperty({ type: [UsageSeriesDto] })
  series!: UsageSeriesDto[];
}
