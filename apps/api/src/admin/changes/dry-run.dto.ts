import { ApiProperty } from '@nestjs/swagger';

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
