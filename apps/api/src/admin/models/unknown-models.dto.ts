import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { Integer } from '../../http/decimal.js';
import { MayBeAbsent } from '../../http/may-be-absent.js';

export class UnknownModelsQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 1_000, default: 100 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(1_000)
  limit?: number;
}

export class UnknownModelDto {
  @ApiProperty({ example: 'gpt-7', description: 'As it was asked for; cut at 100 characters' })
  name!: string;

  @ApiProperty({
    type: 'integer',
    example: 12,
    description: 'Queries that asked for it, refused ones included',
  })
  count!: number;

  @ApiProperty({ format: 'date-time' })
  first_seen_at!: string;

  @ApiProperty({ format: 'date-time' })
  last_seen_at!: string;
}

export class UnknownModelsDto {
  @ApiProperty({ type: [UnknownModelDto] })
  models!: UnknownModelDto[];
}
