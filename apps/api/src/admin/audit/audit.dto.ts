import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Integer } from '../../http/decimal.js';
import { IsTenantId } from '../../http/is-tenant-id.js';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { ADMIN_ROLES, type AdminRole } from '../../operators/admin-role.js';

export class AuditQueryDto {
  @ApiPropertyOptional({ example: 'tenant_test' })
  @MayBeAbsent()
  @IsTenantId()
  tenant_id?: string;

  @ApiPropertyOptional({ example: 'override.create' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  action?: string;

  @ApiPropertyOptional({ example: 'night-shift', description: 'Name of the key that made the change' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 64)
  actor?: string;

  @ApiPropertyOptional({ format: 'date-time' })
  @MayBeAbsent()
  @IsTimestamp()
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'First moment that does not count' })
  @MayBeAbsent()
  @IsTimestamp()
  to?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'next_cursor of the page before' })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number;
}

export class AuditEntryDto {
  @ApiProperty({ type: 'integer', example: 17 })
  id!: number;

  @ApiProperty({ format: 'date-time' })
  at!: string;

  @ApiProperty({ example: 'night-shift' })
  actor!: string;

  @ApiProperty({ enum: ADMIN_ROLES })
  role!: AdminRole;

  @ApiProperty({ example: '127.0.0.1' })
  address!: string;

  @ApiProperty({ description: 'X-Request-Id of the change' })
  request_id!: string;

  @ApiProperty({ example: 'quota.update' })
  action!: string;

  @ApiProperty({ example: 'tenant tenant_test' })
  target!: string;

  @ApiProperty({ type: String, nullable: true, example: 'tenant_test' })
  tenant_id!: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  before!: unknown;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  after!: unknown;
}

export class AuditDto {
  @ApiProperty({ type: [AuditEntryDto] })
  entries!: AuditEntryDto[];

  @ApiProperty({ type: 'integer', nullable: true, description: 'null: this is the last page' })
  next_cursor!: number | null;
}
