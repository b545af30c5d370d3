import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Length, Matches } from 'class-validator';
import { MayBeAbsent } from '../../http/may-be-absent.js';

const KINDS = ['window', 'bucket', 'level', 'concurrency'] as const;
const PERIODS = ['minute', 'hour', 'day', 'month'] as const;
const EXPIRIES = ['release', 'charge'] as const;
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const NAME_RULE = 'must start with a-z and be at most 63 of a-z 0-9 _';

export class CreateLimitDto {
  @ApiProperty({ example: 'images_daily', description: 'Never used twice' })
  @Matches(NAME, { message: `name ${NAME_RULE}` })
  name!: string;

  @ApiProperty({ example: 'images', description: 'What a cost names' })
  @Matches(NAME, { message: `resource ${NAME_RULE}` })
  resource!: string;

  @ApiProperty({ enum: KINDS })
  @IsIn(KINDS)
  kind!: (typeof KINDS)[number];

  @ApiPropertyOptional({ enum: PERIODS, description: 'Of a window or a bucket' })
  @MayBeAbsent()
  @IsIn(PERIODS)
  period?: (typeof PERIODS)[number];

  @ApiPropertyOptional({
    enum: EXPIRIES,
    default: 'release',
    description: 'What becomes of a hold that nobody ends',
  })
  @MayBeAbsent()
  @IsIn(EXPIRIES)
  on_hold_expiry?: (typeof EXPIRIES)[number];

  @ApiPropertyOptional({ default: '' })
  @MayBeAbsent()
  @IsString()
  @Length(0, 500)
  description?: string;
}

export class LimitDefinitionDto extends CreateLimitDto {
  @ApiProperty({ type: 'integer', example: 9 })
  id!: number;
}

export class LimitDefinitionsDto {
  @ApiProperty({ type: [LimitDefinitionDto] })
  limits!: LimitDefinitionDto[];
}
