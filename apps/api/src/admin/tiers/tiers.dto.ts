import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsObject, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../../http/may-be-absent.js';

export const OVERFLOW_POLICIES = ['queue', 'reject', 'observe'] as const;
type Overflow = (typeof OVERFLOW_POLICIES)[number];

/** A value, or for a bucket its rate and burst. */
export type LimitValue = number | { readonly value: number; readonly burst?: number | null };

const LIMITS_EXAMPLE = { queries_hourly: 500, tokens_daily: 1_000_000 };

export class ChangeTierDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1000, description: 'Share of the queue' })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000)
  weight?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    description: 'Most queued jobs of a tenant',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  queue_depth?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 2,
    maximum: 1_000_000_000,
    description:
      'Requests of a tenant a minute that spend no quota, on each node; 6000 where a new tier says nothing',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(2)
  @Max(1_000_000_000)
  free_requests_per_minute?: number;

  @ApiPropertyOptional({ enum: OVERFLOW_POLICIES })
  @MayBeAbsent()
  @IsIn(OVERFLOW_POLICIES)
  overflow?: Overflow;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    example: LIMITS_EXAMPLE,
    description:
      'Limit name → value, or {value, burst} of a bucket, or null: the tier has it no longer. Others stay.',
  })
  @MayBeAbsent()
  @IsObject()
  limits?: Record<string, LimitValue | null>;
}

/** What a change may leave out, a new one must have: so those fields are not inherited. */
export class CreateTierDto extends OmitType(ChangeTierDto, ['queue_depth'] as const) {
  @ApiProperty({ example: 'startup' })
  @Matches(/^[a-z][a-z0-9_-]{0,62}$/, {
    message: 'name must start with a-z and be at most 63 of a-z 0-9 _ -',
  })
  name!: string;

  @ApiProperty({
    type: 'integer',
    minimum: 0,
    maximum: 1_000_000,
    description: 'Most queued jobs of a tenant',
  })
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  queue_depth!: number;
}

export class TierDto {
  @ApiProperty({ example: 'free' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 1 })
  weight!: number;

  @ApiProperty({ type: 'integer', example: 100 })
  queue_depth!: number;

  @ApiProperty({ type: 'integer', example: 6_000, description: 'Requests a minute that spend no quota' })
  free_requests_per_minute!: number;

  @ApiProperty({ enum: OVERFLOW_POLICIES })
  overflow!: Overflow;

  @ApiProperty({
    type: 'object',
    additionalProperties: {
      oneOf: [
        { type: 'integer' },
        {
          type: 'object',
          properties: { value: { type: 'integer' }, burst: { type: 'integer', nullable: true } },
        },
      ],
    },
    example: LIMITS_EXAMPLE,
  })
  limits!: Record<string, LimitValue>;
}

export class TiersDto {
  @ApiProperty({ type: [TierDto] })
  tiers!: TierDto[];
}
