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
  const settleS = longestRunS(arrivals);
  const outcomes = {};
  for (const [policy, create] of Object.entries(POLICIES)) {
    const jobs = servePool(arrivals, create({ weightOf }), { seconds });
    outcomes[policy] = {
      ...outcomeOf(jobs, { clients, seconds, settleS, weightOf }),
      chargedDrift: chargedDrift(jobs, clients, weightOf),
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

/** What became of jobs with {client, atS, startS, endS, cost}, simulated or real: gap, drift, waits, rates, service, finished. */
export function outcomeOf(jobs, { clients, seconds, settleS, weightOf }) {
  const service = accumulatedService(jobs, { clients, seconds });
  return {
    ...gapOf(service, backlogs(jobs, clients), { settleS, weightOf }),
    waits: meanWaits(jobs, clients),
    rates: serviceRates(service),
    service,
    finished: jobs.filter(({ endS }) => endS <= seconds).length,
  };
}

export function longestRunS(arrivals) {
  return arrivals.reduce((longest, { output }) => Math.max(longest, output * SECONDS_PER_TOKEN), 0);
}
