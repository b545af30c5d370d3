import { ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator';
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
  @IsOptional()
  @IsIn(JOB_STATES)
  state?: JobState;

  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 20 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  @ApiPropertyOptional({ description: 'next_cursor of the page before' })
  @IsOptional()
  @IsString()
  @Length(1, 200)
  cursor?: string;
}
