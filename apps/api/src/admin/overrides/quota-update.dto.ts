import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsObject, IsString, Length } from 'class-validator';
import { IsTenantId } from '../../http/is-tenant-id.js';
import { IsTimestamp } from '../../http/is-timestamp.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';
import { LimitDto } from '../../quota/limit-view.js';
import type { Propagation } from '../changes/config-change.js';
import { OverrideDto } from './overrides.dto.js';

export class QuotaUpdateDto {
  @ApiProperty({ example: 'tenant_123' })
  @IsTenantId()
  tenant_id!: string;

  @ApiPropertyOptional({ example: 'enterprise' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 63)
  tier?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: { queries_hourly: 5_000 },
    description: 'Limit name → value, as overrides',
  })
  @MayBeAbsent()
  @IsObject()
  limits?: Record<string, number>;

  @ApiPropertyOptional({ example: 'Launch day' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 500)
  reason?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'When the limits end by themselves' })
  @MayBeAbsent()
  @IsTimestamp()
  expires_at?: string;
}

export class QuotaResetDto {
  @ApiProperty({ example: 'tenant_123' })
  @IsTenantId()
  tenant_id!: string;

  @ApiPropertyOptional({ example: ['queries_hourly'], description: 'Default: every limit' })
  @MayBeAbsent()
  @IsArray()
  @IsString({ each: true })
  limits?: string[];
}

export class TenantQuotaDto {
  @ApiProperty({ example: 'tenant_123' })
  tenant_id!: string;

  @ApiProperty({ example: 'enterprise' })
  tier!: string;

  @ApiProperty({
    type: [OverrideDto],
    description: 'What was made of `limits`, each with how to take it back',
  })
  overrides!: OverrideDto[];

  @ApiProperty({
    type: [Number],
    example: [],
    description: 'Ids of earlier emergency overrides of these limits; they have ended',
  })
  replaced!: number[];

  @ApiProperty({
    enum: ['at once', 'within 60 s'],
    description:
      'The change is committed. at once: every node has it; within 60 s: the other nodes will have it',
  })
  propagation!: Propagation;

  @ApiProperty({
    type: [LimitDto],
    nullable: true,
    description: 'Every limit as it is in force now; null: counters cannot be read now',
  })
  limits!: LimitDto[] | null;
}
