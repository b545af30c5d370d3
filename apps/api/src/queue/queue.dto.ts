import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class WaitDto {
  @ApiProperty({ example: 12 })
  p50!: number;

  @ApiProperty({ example: 80 })
  p95!: number;

  @ApiProperty({ example: 140 })
  p99!: number;
}

export class LineStatsDto {
  @ApiProperty({ type: 'integer', example: 40, description: 'Jobs that may run at their turn' })
  waiting!: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Jobs that wait for a time' })
  delayed!: number;

  @ApiProperty({ type: 'integer', example: 8 })
  running!: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Jobs that failed for good and can be requeued' })
  dead!: number;

  @ApiProperty({
    type: 'integer',
    example: 12_000,
    description: 'How long the first in line has waited, in ms',
  })
  oldest_age_ms!: number;

  @ApiProperty({
    type: WaitDto,
    nullable: true,
    description: 'From enqueue to start, in ms, over the last minutes',
  })
  wait_ms!: WaitDto | null;

  @ApiProperty({ example: 14.5, description: 'Jobs begun per second over the last minutes' })
  throughput_per_second!: number;
}

export class TenantLineDto extends LineStatsDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ type: 'integer', example: 100, description: 'Most jobs of the tenant' })
  max_jobs!: number;

  @ApiProperty({ type: 'integer', example: 1 })
  weight!: number;

  @ApiProperty({ description: 'An operator paused this tenant' })
  paused!: boolean;

  @ApiProperty({ description: 'An operator paused all tenants: nothing starts' })
  all_paused!: boolean;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'queries_hourly',
    description: 'What the line waits for',
  })
  waiting_for!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it is tried again by itself',
  })
  until!: string | null;
}

export class QueueStatsDto extends LineStatsDto {
  @ApiProperty({ type: 'integer', example: 5_000, description: 'Most jobs of all tenants' })
  max_jobs!: number;

  @ApiProperty({ description: 'An operator paused all tenants: nothing starts' })
  paused!: boolean;

  @ApiProperty({
    description: 'The upstream fails: jobs of this node wait, and one asks it now and then',
  })
  upstream_failing!: boolean;

  @ApiProperty({ type: 'integer', example: 3, description: 'Tenants with a job that may run now' })
  ready_tenants!: number;

  @ApiPropertyOptional({ type: TenantLineDto, description: "The caller's own line" })
  tenant?: TenantLineDto;

  @ApiPropertyOptional({
    type: [TenantLineDto],
    description: 'For operators: the longest lines, longest first',
  })
  tenants?: TenantLineDto[];
}
