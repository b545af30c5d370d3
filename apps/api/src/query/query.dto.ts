import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent.js';

export class QueryDto {
  @ApiProperty({ example: 'Test query', maxLength: 100_000 })
  @IsString()
  @Length(1, 100_000)
  query!: string;

  @ApiPropertyOptional({ example: 'gpt-3.5-turbo', description: 'Default: DEFAULT_MODEL' })
  @MayBeAbsent()
  @IsString()
  @Matches(/^(?!\.{1,2}$)[\w.:/@-]{1,64}$/, { message: 'model must be 1 to 64 of A-Z a-z 0-9 _ . : / @ -' })
  model?: string;

  @ApiPropertyOptional({
    example: 64,
    description:
      'Most tokens of the answer; with the query they must fit into the context window of the model. ' +
      'Default: DEFAULT_MAX_TOKENS, or what a long query leaves',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  max_tokens?: number;
}
