import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { OVERRIDE_STATES, type OverrideState } from './override-state.js';

export class ListOverridesDto {
  @ApiPropertyOptional({
    enum: [...OVERRIDE_STATES, 'open', 'all'],
    default: 'open',
    description: 'open: in force or scheduled',
  })
  @MayBeAbsent()
  @IsIn([...OVERRIDE_STATES, 'open', 'all'])
  state?: OverrideState | 'open' | 'all';
}

export class UpdateOverrideDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, example: 5_000 })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  value?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    description: 'Of a bucket: units that may come at once',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  burst?: number;

  @ApiPropertyOptional({ example: 'Launch week' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  reason?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: now' })
  @MayBeAbsent()
  @IsTimestamp()
  starts_at?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'Default: until it is revoked' })
  @MayBeAbsent()
  @IsTimestamp()
  expires_at?: string;
}

/** What a change may leave out, a new one must have: so those fields are not inherited. */
export class CreateOverrideDto extends OmitType(UpdateOverrideDto, ['value', 'reason'] as const) {
  @ApiProperty({ example: 'queries_hourly' })
  @IsString()
  @Length(1, 63)
  limit!: string;

  @ApiProperty({ type: 'integer', minimum: 0, example: 5_000 })
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  value!: number;

  @ApiProperty({ example: 'Launch week' })
  @IsString()
  @Length(1, 500)
  reason!: string;
}

export class OverrideDto {
  @ApiProperty({ type: 'integer', example: 3 })
  id!: number;

  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'queries_hourly' })
  limit!: string;

  @ApiProperty({ type: 'integer', example: 5_000 })
  value!: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Of a bucket' })
  burst!: number | null;

  @ApiProperty({ example: 'Launch week' })
  reason!: string;

  @ApiProperty({ example: 'night-shift', description: 'Name of the key that made it' })
  author!: string;

  @ApiProperty({ enum: OVERRIDE_STATES })
  state!: OverrideState;

  @ApiProperty({ description: 'Made by POST /admin/quota/update: it holds whatever else is planned' })
  emergency!: boolean;

  @ApiProperty({ description: 'Whether the limit is decided by it now' })
  in_force!: boolean;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The override that is, or at its start will be, in force in its place; null: none',
  })
  overruled_by!: number | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'DELETE /admin/tenants/tenant_test/overrides/3',
    description: 'The request that ends it now; null: it is over',
  })
  take_back!: string | null;

  @ApiProperty({ format: 'date-time' })
  starts_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expires_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  revoked_at!: string | null;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;
}

export class OverridesDto {
  @ApiProperty({ type: [OverrideDto] })
  overrides!: OverrideDto[];
}
