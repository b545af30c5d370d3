import { median, quantile } from '../lib/figures.mjs';
import { callsPerSecond, inRounds, latenciesAt } from '../lib/load.mjs';
import { commandStats, info } from '../lib/redis-info.mjs';
import { pickTenant, TENANTS } from './contestants.mjs';

const ARRIVALS_PER_SECOND = 2_000;
const COUNTED_CALLS = 20_000;

/** Every tenant once, so that nobody is measured while keys and caches are filled. */
export async function warm(contestants) {
  for (const { decide } of Object.values(contestants)) {
    for (const isDenied of [false, true]) {
      await Promise.all(Array.from({ length: TENANTS }, (_, tenant) => decide({ tenant, isDenied })));
    }
  }
}

/** Decisions per second with 256 in flight: by contestant one figure for each round. */
export function throughput(contestants, { rounds, ms, load, denied, onRound }) {
  const pick = pickTenant({ load, denied });
  const measured = Object.entries(contestants).map(([name, { decide }]) => ({
    name,
    measure: () => callsPerSecond((n) => decide(pick(n)), { ms }),
  }));
  return inRounds(measured, rounds, onRound);
}

/** Median over the rounds of `one`'s figure divided by `other`'s of the same round. */
export function ratio(figures, one, other) {
  return median(figures[one].map((figure, round) => figure / figures[other][round]));
}

/** p50, p99 and p99.9 in ms at a fixed rate of arrivals. */
export async function latency({ decide }, { ms }) {
  const pick = pickTenant({});
  const latencies = await latenciesAt(ARRIVALS_PER_SECOND, (n) => decide(pick(n)), { ms });
  return [0.5, 0.99, 0.999].map((part) => quantile(latencies, part));
}

/** What one decision costs Redis: its own µs, scripts run, and bytes to and from it. */
export async function serverCost(redis, { decide }) {
  const pick = pickTenant({});
  await redis.config('RESETSTAT');
  for (let n = 0; n < COUNTED_CALLS; n += 250) {
    await Promise.all(Array.from({ length: 250 }, (_, index) => decide(pick(n + index))));
  }
  const [evalsha, evals, stats] = [
    await commandStats(redis, 'evalsha'),
    await commandStats(redis, 'eval'),
    await info(redis, 'stats'),
  ];
  return {
    usec: (evalsha.usec + evals.usec) / COUNTED_CALLS,
    roundTrips: (evalsha.calls + evals.calls) / COUNTED_CALLS,
    bytesIn: stats.total_net_input_bytes / COUNTED_CALLS,
    bytesOut: stats.total_net_output_bytes / COUNTED_CALLS,
  };
}
