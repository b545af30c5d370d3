import { ApiProperty } from '@nestjs/swagger';
import { isUnlimited, type LimitState } from 'fairshare/quota';
import { isoOrNull } from '../problems/quota-problem.js';
import type { OverrunOf } from '../usage/overruns.js';

export class RefillDto {
  @ApiProperty({ type: 'integer', example: 60 })
  units!: number;

  @ApiProperty({ enum: ['minute', 'hour', 'day', 'month'], description: 'A month counts 30 days' })
  per!: string;
}

export class LimitDto {
  @ApiProperty({ example: 'queries_hourly' })
  name!: string;

  @ApiProperty({ example: 'queries' })
  resource!: string;

  @ApiProperty({ enum: ['window', 'bucket', 'level', 'concurrency'] })
  kind!: string;

  @ApiProperty({ type: 'integer', example: 100, description: 'Of a bucket: its burst' })
  limit!: number;

  @ApiProperty({ example: false, description: 'The limit is the greatest there is: no limit in fact' })
  unlimited!: boolean;

  @ApiProperty({ type: RefillDto, nullable: true, description: 'Of a bucket: what comes back; else null' })
  refill!: RefillDto | null;

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

export class LimitStatusDto extends LimitDto {
  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: 0,
    description:
      'What was truly spent in this window beyond the limit: used + overrun is the true cost. null: only windows have one, or the database cannot be read now',
  })
  overrun!: number | null;
}

/** A limit as the API shows it. */
export function limitView(state: LimitState): LimitDto {
  return {
    name: state.name,
    resource: state.resource,
    kind: state.kind,
    limit: state.limit,
    unlimited: isUnlimited(state),
    refill: state.rate === undefined ? null : { units: state.rate, per: state.period! },
    used: state.used,
    held: state.held,
    remaining: state.remaining,
    resets_at: isoOrNull(state.resetsAtMs),
    source: state.source,
  };
}

/** A limit with what lies beyond its counter. */
export function limitStatusView(state: LimitState, overrunOf: OverrunOf): LimitStatusDto {
  return { ...limitView(state), overrun: overrunOf(state) };
}
