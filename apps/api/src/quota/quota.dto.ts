import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsObject, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent.js';
import type { Cost } from 'fairshare/quota';
import { ViolationDto } from '../http/violation.dto.js';
import { LimitDto } from './limit-view.js';

export class CheckDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: { queries: 1, tokens: 500 },
    description: 'Units by resource',
  })
  @IsObject()
  cost!: Cost;
}

export class StorageDto {
  @ApiPropertyOptional({ type: 'integer', example: 4_096, description: 'Bytes added (or, negative, freed)' })
  @MayBeAbsent()
  @IsInt()
  @Min(Number.MIN_SAFE_INTEGER)
  @Max(Number.MAX_SAFE_INTEGER)
  delta?: number;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Bytes stored in all' })
  @MayBeAbsent()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  total?: number;
}

export class QuotaStatusDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'free' })
  tier!: string;

  @ApiProperty({ enum: ['active', 'suspended'] })
  status!: 'active' | 'suspended';

  @ApiProperty({
    enum: ['queue', 'reject', 'observe'],
    description: 'What becomes of a request beyond quota',
  })
  overflow!: 'queue' | 'reject' | 'observe';

  @ApiProperty({ type: 'integer', example: 0, description: 'Operations under way' })
  open_holds!: number;

  @ApiProperty({ type: [LimitDto] })
  limits!: LimitDto[];
}

export class CheckAnswerDto {
  @ApiProperty()
  allowed!: boolean;

  @ApiProperty({ type: [ViolationDto], description: 'Empty where it is allowed' })
  violations!: ViolationDto[];

  @ApiProperty({ type: [LimitDto] })
  limits!: LimitDto[];
}

export class StorageAnswerDto {
  @ApiProperty({ type: [LimitDto], description: 'The limits on storage, after the change' })
  limits!: LimitDto[];
}
