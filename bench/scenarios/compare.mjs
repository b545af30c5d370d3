import { arrivalsOf } from '../simulate/arrivals.mjs';
import { MEASURED_FROM_S } from '../simulate/service.mjs';
import { POLICIES } from '../simulate/policies.mjs';
import { longestRunS, outcomeOf } from '../simulate/run-scenario.mjs';
import { costOf, servePool } from '../simulate/token-pool.mjs';
import { play } from './play.mjs';
import { SLOTS } from './setting.mjs';
import { meanTimeToNextStart, meanTurnsWaited } from './turns.mjs';

/**
 * One scenario as the simulation sees it and as Redis and worker processes serve it, from the same arrivals:
 * {simulated: {fifo, fair}, real: {fifo, fair}, largestCost}. The simulation has slots here as the workers do.
 */
export async function compareScenario({ clients, seconds, weights = [] }, { url, seed, compression }) {
  const arrivals = arrivalsOf(clients, { seconds, seed });
  const weightOf = (client) => weights[client] ?? 1;
  const measured = { clients: clients.length, seconds, settleS: longestRunS(arrivals), weightOf };
  const simulated = (policy) => {
    const jobs = servePool(arrivals, POLICIES[policy]({ weightOf }), {
      seconds,
      poolTokens: SLOTS,
      tokensOf: () => 1,
    });
    return withTurns(jobs, measured);
  };
  const real = async (lines) =>
    withTurns(await play(arrivals, { url, seconds, compression, ...lines }), measured);
  return {
    simulated: { fifo: simulated('fifo'), fair: simulated('fair') },
    real: {
      fifo: await real({ tenantOf: () => 'all', weightOf: () => 1 }),
      fair: await real({ tenantOf: (client) => `client-${client}`, weightOf }),
    },
    largestCost: Math.max(...arrivals.map(costOf)),
  };
}

function withTurns(jobs, measured) {
  return {
    ...outcomeOf(jobs, measured),
    turns: Array.from({ length: measured.clients }, (_, client) => meanTurnsWaited(jobs, client)),
    nextStartS: meanTimeToNextStart(jobs, MEASURED_FROM_S),
  };
}
