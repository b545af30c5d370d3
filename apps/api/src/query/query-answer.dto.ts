import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JOB_STATES } from '../jobs/jobs.dto.js';

export class QueryUsageDto {
  @ApiProperty({ type: 'integer', example: 3 })
  prompt_tokens!: number;

  @ApiProperty({ type: 'integer', example: 21 })
  completion_tokens!: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'What it truly weighed' })
  cost_units!: number;
}

export class OverrunDto {
  @ApiProperty({ example: 'tokens_daily' })
  name!: string;

  @ApiProperty({ type: 'integer', example: 100_000 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 12, description: 'Units that its counter does not have' })
  amount!: number;
}

export class QueryAnswerDto {
  @ApiProperty({ enum: ['succeeded'] })
  status!: 'succeeded';

  @ApiProperty({ example: 'quota tenant window queue' })
  text!: string;

  @ApiPropertyOptional({
    type: 'integer',
    example: 1,
    description: 'Characters of the text (NUL, halves of pairs) that cannot be kept and became U+FFFD',
  })
  replaced_characters?: number;

  @ApiProperty({ example: 'gpt-3.5-turbo' })
  model!: string;

  @ApiProperty({ description: 'true: no model was asked, the answer is made up' })
  simulated!: boolean;

  @ApiProperty({ type: QueryUsageDto })
  usage!: QueryUsageDto;

  @ApiPropertyOptional({
    type: [OverrunDto],
    description:
      'Where it truly cost more than a limit had left: what lies beyond. Absent where nothing does',
  })
  overruns?: OverrunDto[];

  @ApiPropertyOptional({
    enum: ['pending'],
    description: 'The quota did not answer when the query ended: it is charged, once, as soon as it does',
  })
  charge?: 'pending';

  @ApiPropertyOptional({ format: 'uuid', description: 'Where it was queued first, and waited for' })
  job_id?: string;
}

export class AcceptedDto {
  @ApiProperty({ format: 'uuid' })
  job_id!: string;

  @ApiProperty({ enum: JOB_STATES, example: 'waiting', description: 'The state of the job' })
  status!: (typeof JOB_STATES)[number];

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 3,
    description: "Place in the tenant's line, from 1",
  })
  position!: number | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  estimated_start_at!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'Why there is no estimate; null where there is one, or the job has ended',
  })
  estimate_unknown_because!: string | null;

  @ApiProperty({ example: '/jobs/0a9ad2a4-0c5c-4b7f-8a2e-7d3f2a3ab1c4' })
  status_url!: string;
}
