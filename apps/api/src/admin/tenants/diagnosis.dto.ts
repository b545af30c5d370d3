import { ApiProperty } from '@nestjs/swagger';
import { LimitStatusDto } from '../../quota/limit-view.js';

export class LineDto {
  @ApiProperty({ type: 'integer', example: 40 })
  waiting!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  running!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  dead!: number;

  @ApiProperty({ type: 'integer', example: 12_000, description: 'Age of the oldest waiting job, in ms' })
  oldest_age_ms!: number;

  @ApiProperty({ description: 'An operator paused this tenant' })
  paused!: boolean;

  @ApiProperty({ description: 'An operator paused all tenants: nothing starts' })
  all_paused!: boolean;

  @ApiProperty({ type: String, nullable: true, example: 'queries_hourly' })
  waiting_for!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it is tried again by itself',
  })
  until!: string | null;
}

export class RemedyDto {
  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 101, description: 'The limit that would admit it now' })
  raise_to!: number;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it fits without any change; null: never',
  })
  or_at!: string | null;
}

export class BlockedJobDto {
  @ApiProperty({ format: 'uuid' })
  job_id!: string;

  @ApiProperty({ example: 'parked' })
  why!: string;

  @ApiProperty({ example: 'It runs once the tenant may: wait until the time given, or free what it lacks.' })
  remedy!: string;

  @ApiProperty({ type: [RemedyDto], description: 'Empty where quota is not what it waits for' })
  would_admit!: RemedyDto[];
}

export class DiagnosisDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({ example: 'free' })
  tier!: string;

  @ApiProperty({ enum: ['active', 'suspended'] })
  status!: string;

  @ApiProperty({ enum: ['queue', 'reject', 'observe'] })
  overflow!: string;

  @ApiProperty({ type: 'integer', example: 0, description: 'Operations under way' })
  open_holds!: number;

  @ApiProperty({ type: [LimitStatusDto] })
  limits!: LimitStatusDto[];

  @ApiProperty({ type: LineDto })
  queue!: LineDto;

  @ApiProperty({ type: BlockedJobDto, nullable: true })
  first_waiting!: BlockedJobDto | null;
}
