import { ApiProperty } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';

const MOST = 1_000_000_000;

export class PutModelDto {
  @ApiProperty({ type: 'integer', minimum: 1, example: 8_192, description: 'Tokens' })
  @IsInt()
  @Min(1)
  @Max(MOST)
  context_window!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 20_000, description: 'Millionths of a cost unit' })
  @IsInt()
  @Min(0)
  @Max(MOST)
  input_micro_units_per_token!: number;

  @ApiProperty({ type: 'integer', minimum: 0, example: 40_000, description: 'Millionths of a cost unit' })
  @IsInt()
  @Min(0)
  @Max(MOST)
  output_micro_units_per_token!: number;

  @ApiProperty({ type: 'integer', minimum: 1, example: 40, description: 'Least cost units of a call' })
  @IsInt()
  @Min(1)
  @Max(MOST)
  minimum_units!: number;
}

export class ModelDto extends PutModelDto {
  @ApiProperty({ example: 'gpt-4', description: '* weighs every model that has no row' })
  name!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class ModelsDto {
  @ApiProperty({ type: [ModelDto] })
  models!: ModelDto[];
}
