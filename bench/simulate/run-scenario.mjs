import { arrivalsOf } from './arrivals.mjs';
import { POLICIES } from './policies.mjs';
import { accumulatedService, backlogs, chargedDrift, gapOf, meanWaits, serviceRates } from './service.mjs';
import { costOf, SECONDS_PER_TOKEN, servePool } from './token-pool.mjs';

/** Runs one scenario under every policy: {name, clients, largestCost, outcomes: {policy: {gap, waits, rates, service}}}. */
export function runScenario(scenario, { seed }) {
  const { name, clients, seconds, weights } = scenario;
  const arrivals = arrivalsOf(clients, { seconds, seed });
  return { ...compare({ arrivals, seconds, clients: clients.length, weights }), name };
}

/** The same for arrivals of any origin. */
export function compare({ arrivals, seconds, clients, weights = [] }) {
  const weightOf = (client) => weights[client] ?? 1;
  const settleS = arrivals.reduce((longest, { output }) => Math.max(longest, output * SECONDS_PER_TOKEN), 0);
  const outcomes = {};
  for (const [policy, create] of Object.entries(POLICIES)) {
    const jobs = servePool(arrivals, create({ weightOf }), { seconds });
    const spans = backlogs(jobs, clients);
    const service = accumulatedService(jobs, { clients, seconds });
    outcomes[policy] = {
      ...gapOf(service, spans, { settleS, weightOf }),
      chargedDrift: chargedDrift(jobs, clients, weightOf),
      waits: meanWaits(jobs, clients),
      rates: serviceRates(service),
      service,
      finished: jobs.filter(({ endS }) => endS <= seconds).length,
    };
  }
  // What the promise allows between the two clients of a pair, at most.
  const largestOf = Array.from({ length: clients }, () => 0);
  for (const arrival of arrivals) {
    largestOf[arrival.client] = Math.max(
      largestOf[arrival.client],
      costOf(arrival) / weightOf(arrival.client),
    );
  }
  const [first = 0, second = 0] = [...largestOf].sort((left, right) => right - left);
  const largestCost = arrivals.reduce((most, arrival) => Math.max(most, costOf(arrival)), 0);
  return { outcomes, clients, largestCost, bound: first + second, seconds };
}
