import { createQuota, parseTenantId } from 'fairshare/quota';
import { peer } from '../lib/peers.mjs';
import { FIVE, limitSource } from './limits.mjs';

const LIMIT = 1_000;
const CALLS = 3_000;
const CONNECTIONS = 4;

/**
 * Calls of costs 1 to 5 race for an hour's limit while a day's limit is half as large, over several connections.
 * admittedOver: units admitted beyond the smaller limit. lostToDenials: units that the larger counter says were
 * used, but that nobody was admitted for: quota that denials ate.
 */
export async function exactness(connections) {
  return {
    fairshare: await ours(connections),
    'rate-limiter-flexible': await rateLimiterFlexible(connections),
  };
}

const costs = Array.from({ length: CALLS }, (_, n) => (n % 5) + 1);

async function ours(connections) {
  const limits = FIVE.slice(0, 2);
  const tenantId = parseTenantId('racer');
  const source = limitSource(limits, (name) => (name === 'queries_hourly' ? LIMIT : LIMIT / 2));
  const nodes = connections.map(
    (redis) => createQuota(redis, { keyPrefix: 'bench:exact', limits: source, deadlineMs: 10_000 }).service,
  );
  const decisions = await Promise.all(
    costs.map((queries, n) => nodes[n % CONNECTIONS].spend({ tenantId, cost: { queries } })),
  );
  const admitted = costs.reduce((sum, cost, n) => sum + (decisions[n].allowed ? cost : 0), 0);
  const { limits: states } = await nodes[0].status({ tenantId });
  return { admittedOver: Math.max(0, admitted - LIMIT / 2), lostToDenials: states[0].used - admitted };
}

async function rateLimiterFlexible(connections) {
  const { RateLimiterRedis, RateLimiterUnion } = peer('rate-limiter-flexible');
  const make = (redis) => [
    new RateLimiterRedis({ storeClient: redis, keyPrefix: 'hour', points: LIMIT, duration: 3_600 }),
    new RateLimiterRedis({ storeClient: redis, keyPrefix: 'day', points: LIMIT / 2, duration: 86_400 }),
  ];
  const limiters = connections.map(make);
  const nodes = limiters.map((pair) => new RateLimiterUnion(...pair));
  const answers = await Promise.all(
    costs.map((cost, n) =>
      nodes[n % CONNECTIONS].consume('racer', cost).then(
        () => cost,
        () => 0,
      ),
    ),
  );
  const admitted = answers.reduce((sum, cost) => sum + cost, 0);
  const { consumedPoints } = await limiters[0][0].get('racer');
  return { admittedOver: Math.max(0, admitted - LIMIT / 2), lostToDenials: consumedPoints - admitted };
}
