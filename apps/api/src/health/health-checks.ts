import { Injectable } from '@nestjs/common';
import { within } from 'fairshare/redis';

/** How long a check may take before it counts as down, in ms. */
export const PROBE_DEADLINE_MS = 1_000;

/** `degraded`: requests are served, but an operator should look. `down`: no traffic should come here. */
export type HealthState = 'up' | 'degraded' | 'down';

export interface HealthReport {
  readonly state: HealthState;
  /** What is wrong and what to do about it; shown to anyone, so no secret stands in it. */
  readonly detail?: string;
}

export type HealthCheck = () => Promise<HealthReport>;

export interface NamedReport {
  readonly name: string;
  readonly state: HealthState;
  readonly detail: string | null;
}

/** What readiness is made of. Any module registers its checks in `onModuleInit`; all are asked at each probe. */
@Injectable()
export class HealthChecks {
  private readonly checks = new Map<string, HealthCheck>();

  /** Names are snake_case and used once. A check that rejects, or is later than `PROBE_DEADLINE_MS`, is down. */
  register(name: string, check: HealthCheck): void {
    if (this.checks.has(name)) throw new Error(`There are two health checks of the name ${name}`);
    this.checks.set(name, check);
  }

  /** Asks all at once; in the order of their registration. */
  run(): Promise<NamedReport[]> {
    return Promise.all(
      [...this.checks].map(async ([name, check]) => {
        const { state, detail } = await inTime(check);
        return { name, state, detail: detail ?? null };
      }),
    );
  }
}

/** The worst of the states; `up` where there are none. */
export function worstOf(reports: readonly NamedReport[]): HealthState {
  const states: readonly HealthState[] = ['down', 'degraded', 'up'];
  return states.find((state) => reports.some((report) => report.state === state)) ?? 'up';
}

async function inTime(check: HealthCheck): Promise<HealthReport> {
  // Why it failed stands in the log of the part; addresses are nobody's business here.
  const answered = Promise.resolve()
    .then(check)
    .catch((): HealthReport => ({ state: 'down', detail: 'It cannot be reached' }));
  return within(answered, PROBE_DEADLINE_MS, () => new Error('late')).catch(() => ({
    state: 'down',
    detail: `No answer within ${PROBE_DEADLINE_MS} ms`,
  }));
}
