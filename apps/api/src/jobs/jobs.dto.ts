import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Length, Max, Min } from 'class-validator';
import { Integer } from '../http/decimal.js';
import { MayBeAbsent } from '../http/may-be-absent.js';
import type { JobState } from 'fairshare/queue';

export const JOB_STATES = [
  'waiting',
  'running',
  'failed',
  'succeeded',
  'dead',
  'cancelled',
  'expired',
] as const satisfies readonly JobState[];

export class ListJobsDto {
  @ApiPropertyOptional({ enum: JOB_STATES, description: 'failed: an attempt failed, it will be tried again' })
  @MayBeAbsent()
  @IsIn(JOB_STATES)
  state?: JobState;

  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 20 })
  @MayBeAbsent()
  @Integer()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  @ApiPropertyOptional({ description: 'next_cursor of the page before' })
  @MayBeAbsent()
  @IsString()
  @Length(1, 200)
  cursor?: string;
}
