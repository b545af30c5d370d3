import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { MayBeAbsent } from '../http/may-be-absent.js';

export class DryRunQueryDto {
  @ApiPropertyOptional({
    default: false,
    description: 'true: change nothing, and say what would change and for whom',
  })
  @MayBeAbsent()
  @Transform(({ obj }: { obj: { dry_run?: unknown } }) => words[String(obj.dry_run)] ?? obj.dry_run)
  @IsBoolean()
  dry_run?: boolean;
}

const words: Readonly<Record<string, boolean>> = { true: true, false: false };

export class OverDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 80 })
  used!: number;

  @ApiProperty({ type: 'integer', example: 50, description: 'The limit after the change' })
  limit!: number;
}

/** What a change would do. */
export class DryRunDto {
  @ApiProperty({ enum: [true] })
  dry_run!: true;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  before!: unknown;

  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  after!: unknown;

  @ApiProperty({ type: 'integer', example: 12, description: 'How many tenants it concerns' })
  tenants!: number;

  @ApiProperty({ type: [OverDto], description: 'Who would be over a limit at once; at most 100' })
  over!: OverDto[];
}
