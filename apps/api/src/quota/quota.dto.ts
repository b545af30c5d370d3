import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsObject, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent.js';
import type { Cost } from 'fairshare/quota';
import { ViolationDto } from '../problems/violation.dto.js';
import { LimitDto, LimitStatusDto } from './limit-view.js';

export class CheckDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer', minimum: 0 },
    example: { queries: 1, tokens: 500 },
    description:
      'Units by resource, as the limits of /quota/status name them; one that no limit of any tier counts is refused',
  })
  // As it came: a copy would leave out names that every object has, such as `toString`.
  @Transform(({ obj }: { obj: CheckDto }) => obj.cost)
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

  @ApiProperty({ type: [LimitStatusDto] })
  limits!: LimitStatusDto[];
}

export class CheckAnswerDto {
  @ApiProperty()
  allowed!: boolean;

  @ApiProperty({ type: [ViolationDto], description: 'Empty where it is allowed' })
  violations!: ViolationDto[];

  @ApiProperty({
    type: [String],
    example: [],
    description: 'Resources of the cost that you have no limit for: always allowed',
  })
  unlimited!: string[];

  @ApiProperty({ type: [LimitDto] })
  limits!: LimitDto[];
}

export class StorageAnswerDto {
  @ApiProperty({ type: [String], example: [], description: 'storage_bytes where you have no limit for it' })
  unlimited!: string[];

  @ApiProperty({ type: [LimitDto], description: 'The limits on storage, after the change' })
  limits!: LimitDto[];
}
