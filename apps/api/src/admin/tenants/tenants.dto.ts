import { ApiProperty, ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { IsIn, IsInt, IsObject, IsString, Length, Max, Min, ValidateIf } from 'class-validator';
import { TENANT_ID_RULE } from 'fairshare/ids';
import { Integer } from '../../http/decimal.js';
import { IsTenantId } from '../../http/is-tenant-id.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';

export const TENANT_STATUSES = ['active', 'suspended'] as const;
type Status = (typeof TENANT_STATUSES)[number];

export class ListTenantsDto {
  @ApiPropertyOptional({ example: 'free' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 63)
  tier?: string;

  @ApiPropertyOptional({ enum: TENANT_STATUSES })
  @MayBeAbsent()
  @IsIn(TENANT_STATUSES)
  status?: Status;

  @ApiPropertyOptional({ description: 'next_cursor of the page before' })
  @MayBeAbsent()
  @IsTenantId()
  cursor?: string;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 100 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

export class ChangeTenantDto {
  @ApiPropertyOptional({ example: 'pro' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 63)
  tier?: string;

  @ApiPropertyOptional({ enum: TENANT_STATUSES })
  @MayBeAbsent()
  @IsIn(TENANT_STATUSES)
  status?: Status;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: 1_000,
    description: "Share of the queue; null: the tier's",
  })
  @ValidateIf((_, value) => value !== null && value !== undefined)
  @IsInt()
  @Min(1)
  @Max(1_000)
  weight?: number | null;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, example: { crm_id: '4711' } })
  @MayBeAbsent()
  @IsObject()
  metadata?: Record<string, unknown>;
}

/** What a change may leave out, a new one must have: so those fields are not inherited. */
export class CreateTenantDto extends OmitType(ChangeTenantDto, ['tier'] as const) {
  @ApiProperty({ example: 'acme', description: TENANT_ID_RULE })
  @IsTenantId()
  id!: string;

  @ApiProperty({ example: 'pro' })
  @IsString()
  @Length(1, 63)
  tier!: string;
}

export class PauseDto {
  @ApiProperty({ description: 'An operator paused this tenant' })
  paused!: boolean;

  @ApiProperty({ description: 'An operator paused all tenants: nothing starts' })
  all_paused!: boolean;
}

export class TenantDto {
  @ApiPropertyOptional({
    type: PauseDto,
    nullable: true,
    description: 'Only where one tenant is read; null: the queue cannot be reached',
  })
  queue?: PauseDto | null;

  @ApiProperty({ example: 'acme' })
  id!: string;

  @ApiProperty({ example: 'pro' })
  tier!: string;

  @ApiProperty({ enum: TENANT_STATUSES })
  status!: Status;

  @ApiProperty({ type: 'integer', nullable: true, description: "null: the tier's" })
  weight!: number | null;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata!: unknown;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class TenantsDto {
  @ApiProperty({ type: [TenantDto] })
  tenants!: TenantDto[];

  @ApiProperty({ type: String, nullable: true, description: 'null: this is the last page' })
  next_cursor!: string | null;
}
