import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsNumber, IsString, Length, Matches, Max, Min } from 'class-validator';
import { Decimal, Integer } from '../../http/decimal.js';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

export class TopQueryDto {
  @ApiPropertyOptional({ example: 'cost_units', default: 'queries' })
  @MayBeAbsent()
  @Matches(NAME, { message: 'resource must be a name such as queries, tokens or cost_units' })
  resource?: string;

  @ApiPropertyOptional({
    format: 'date-time',
    description: 'Rounded down to the hour. Default: 24 hours before `to`',
  })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: now' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 10 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

export class TopEntryDto {
  @ApiProperty({ example: 'tenant_big' })
  tenant_id!: string;

  @ApiProperty({ type: 'integer', example: 4_711, description: 'What was truly spent' })
  amount!: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Part of the amount that lies beyond a limit' })
  overrun!: number;
}

export class TopDto {
  @ApiProperty({ example: 'queries' })
  resource!: string;

  @ApiProperty({ format: 'date-time' })
  from!: string;

  @ApiProperty({ format: 'date-time' })
  to!: string;

  @ApiProperty({ type: [TopEntryDto] })
  tenants!: TopEntryDto[];
}

export class PressureQueryDto {
  @ApiPropertyOptional({ minimum: 0, maximum: 1, default: 0.8, description: 'Least used part of a limit' })
  @MayBeAbsent()
  @Decimal()
  @IsNumber()
  @Min(0)
  @Max(1)
  above?: number;

  @ApiPropertyOptional({ example: 'queries_hourly', description: 'Default: every limit' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  name?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

export class PressureEntryDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'free' })
  tier!: string;

  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 100 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 98 })
  used!: number;

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'What was truly spent beyond the limit, and `used` does not have',
  })
  overrun!: number;

  @ApiProperty({ example: 0.98, description: 'used ÷ limit' })
  ratio!: number;

  @ApiProperty({ enum: ['tier', 'override'] })
  source!: 'tier' | 'override';

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  resets_at!: string | null;

  @ApiProperty({ type: 'integer', example: 40, description: 'Jobs of the tenant that wait' })
  waiting!: number;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'queries_hourly',
    description: 'What its line waits for',
  })
  waiting_for!: string | null;
}

export class PressureDto {
  @ApiProperty({ type: [PressureEntryDto] })
  limits!: PressureEntryDto[];
}
