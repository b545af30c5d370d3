import { ApiProperty } from '@nestjs/swagger';

/** Why a cost is refused: one limit that it does not fit. */
export class ViolationDto {
  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ example: 'queries' })
  resource!: string;

  @ApiProperty({ type: 'integer', example: 100 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 100 })
  used!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  held!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  requested!: number;

  @ApiProperty({ type: 'integer', nullable: true, example: 1_800, description: 'null: it never fits' })
  retry_after_seconds!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  resets_at!: string | null;
}
