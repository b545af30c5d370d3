import { ApiProperty } from '@nestjs/swagger';
import type { LimitState } from 'fairshare/quota';
import { isoOrNull } from '../problems/quota-problem.js';

export class LimitDto {
  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ example: 'queries' })
  resource!: string;

  @ApiProperty({ enum: ['window', 'bucket', 'level', 'concurrency'] })
  kind!: string;

  @ApiProperty({ type: 'integer', example: 100 })
  limit!: number;

  @ApiProperty({ type: 'integer', example: 17, description: 'Charged for good' })
  used!: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'Set aside for operations under way' })
  held!: number;

  @ApiProperty({ type: 'integer', example: 82 })
  remaining!: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-24T13:00:00.000Z' })
  resets_at!: string | null;

  @ApiProperty({ enum: ['tier', 'override'] })
  source!: 'tier' | 'override';
}

/** A limit as the API shows it. */
export function limitView(state: LimitState): LimitDto {
  return {
    name: state.name,
    resource: state.resource,
    kind: state.kind,
    limit: state.limit,
    used: state.used,
    held: state.held,
    remaining: state.remaining,
    resets_at: isoOrNull(state.resetsAtMs),
    source: state.source,
  };
}
