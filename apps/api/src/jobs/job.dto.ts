import { ApiProperty } from '@nestjs/swagger';
import { JOB_STATES } from './jobs.dto.js';

type State = (typeof JOB_STATES)[number];

export class JobSummaryDto {
  @ApiProperty({ format: 'uuid' })
  job_id!: string;

  @ApiProperty({ enum: JOB_STATES })
  state!: State;

  @ApiProperty({ type: 'integer', example: 0, description: 'Runs begun so far' })
  attempts!: number;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  started_at!: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  finished_at!: string | null;
}

export class ListedJobDto extends JobSummaryDto {
  @ApiProperty({ example: '/jobs/0a9ad2a4-0c5c-4b7f-8a2e-7d3f2a3ab1c4' })
  status_url!: string;
}

export class JobsDto {
  @ApiProperty({ type: [ListedJobDto], description: 'Newest first' })
  jobs!: ListedJobDto[];

  @ApiProperty({ type: String, nullable: true, description: 'null: this is the last page' })
  next_cursor!: string | null;
}

export class JobDto extends JobSummaryDto {
  @ApiProperty({ example: 'tenant_test' })
  tenant_id!: string;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 3,
    description: "Place in the tenant's line, from 1",
  })
  position!: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Jobs of all tenants that will run before it',
  })
  jobs_before!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  estimated_start_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why there is no estimate; null where there is one, or the job has ended',
  })
  estimate_unknown_because!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'parked', description: 'Why it does not run now' })
  why!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'queries_hourly',
    description: 'What its tenant waits for',
  })
  waiting_for!: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Until when, at the latest',
  })
  until!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What would let it run' })
  remedy!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'As POST /query answers',
  })
  result!: unknown;

  @ApiProperty({
    type: 'object',
    nullable: true,
    properties: { message: { type: 'string' }, code: { type: 'string', nullable: true } },
  })
  error!: unknown;
}

export class CancelledJobDto extends JobDto {
  @ApiProperty({ description: 'true: it runs, and was told to stop' })
  cancel_requested!: boolean;
}
