import { Redis } from 'ioredis';
import { closeRedis, redisReady } from 'fairshare/redis';
import { say, step } from '../../scripts/lib/log.mjs';
import { figure, median, table } from '../lib/figures.mjs';
import { writeJson } from '../../scripts/lib/options.mjs';
import { ensurePeers, versionOf } from '../lib/peers.mjs';
import { startTemporaryRedis } from '../../scripts/lib/temporary-redis.mjs';
import { createContestants } from './contestants.mjs';
import { latency, ratio, serverCost, throughput, warm } from './engine.mjs';
import { exactness } from './exactness.mjs';
import { guardedRoutes } from './guard.mjs';
import { bytesPerTenant } from './memory.mjs';

/** Measures, prints and writes everything. */
export async function benchQuota({ json, quick }) {
  const pace = quick ? { rounds: 3, ms: 300 } : { rounds: 7, ms: 1_000 };
  await ensurePeers();
  const server = await startTemporaryRedis('bench');
  const connections = await Promise.all(Array.from({ length: 4 }, () => connect(server.url)));
  try {
    say(
      `rate-limiter-flexible ${versionOf('rate-limiter-flexible')}, @nestjs/throttler ${versionOf('@nestjs/throttler')}`,
    );
    const engine = await measureEngine(connections[0], pace);
    const exact = await step('exactness under races', () => exactness(connections));
    const bytes = await step('bytes of a tenant', () => bytesPerTenant(connections[0]));
    const guard = await measureGuard(server.url, pace);
    const figures = { ...engine, ...guard, ...correctness(exact), bytes_per_tenant_8_limits: bytes };
    say(`\nAims\n${table(aims(figures))}`);
    writeJson(json, figures);
  } finally {
    await Promise.all(connections.map((redis) => closeRedis(redis)));
    await server.stop();
  }
}

/** What all contestants share: ioredis pipelines every command, scripts too, which is the best for peers that call many. */
async function connect(url) {
  const redis = new Redis(url, {
    enableAutoPipelining: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: 10_000,
  });
  await redisReady(redis, 5_000);
  return redis;
}

async function measureEngine(redis, { rounds, ms }) {
  const contestants = createContestants(redis);
  await step('filling keys and caches', () => warm(contestants));
  const mixes = [
    { label: 'uniform, none denied' },
    { label: 'uniform, 10 % denied', denied: 0.1 },
    { label: 'uniform, 90 % denied', denied: 0.9 },
    { label: 'skewed', load: 'skewed' },
    { label: 'one hot tenant', load: 'hot' },
  ];
  const names = Object.keys(contestants);
  const rows = [['decisions per second', ...names.map((name) => contestants[name].name)]];
  let figures;
  for (const { label, ...mix } of mixes) {
    const isMain = figures === undefined;
    const measured = await step(`throughput: ${label}`, () =>
      throughput(contestants, { ...mix, ms, rounds: isMain ? rounds : Math.ceil(rounds / 3) }),
    );
    figures ??= measured;
    rows.push([label, ...names.map((name) => Math.round(median(measured[name])))]);
  }
  say(`\n${table(rows)}\n`);

  const costs = {};
  const costRows = [
    ['', 'µs of Redis', 'round trips', 'bytes in', 'bytes out', 'p50 ms', 'p99 ms', 'p99.9 ms'],
  ];
  for (const name of names) {
    costs[name] = await step(`server time: ${contestants[name].name}`, () =>
      serverCost(redis, contestants[name]),
    );
    const { usec, roundTrips, bytesIn, bytesOut } = costs[name];
    const times = await step(`latency: ${contestants[name].name}`, () =>
      latency(contestants[name], { ms: ms * 2 }),
    );
    costRows.push([contestants[name].name, usec, roundTrips, bytesIn, bytesOut, ...times]);
  }
  say(`\nper decision, latency at 2,000 decisions per second\n${table(costRows)}\n`);
  return {
    five_limits_per_second: median(figures.five),
    five_limits_vs_rlf: ratio(figures, 'five', 'rlfFive'),
    five_limits_vs_throttler: ratio(figures, 'five', 'throttlerFive'),
    five_limits_vs_empty_evalsha: ratio(figures, 'five', 'empty'),
    one_limit_vs_rlf: ratio(figures, 'one', 'rlfOne'),
    server_time_vs_empty: costs.five.usec / costs.empty.usec,
    server_usec_five_limits: costs.five.usec,
    server_usec_empty: costs.empty.usec,
    server_usec_rlf_five: costs.rlfFive.usec,
    round_trips: costs.five.roundTrips,
  };
}

async function measureGuard(url, { rounds, ms }) {
  const { perSecond, latencies } = await step('guarded routes', () =>
    guardedRoutes(url, { rounds: Math.ceil(rounds / 2), ms: Math.max(1_000, ms * 2) }),
  );
  const rows = [['route', 'requests per second', 'p50 ms', 'p99 ms']];
  for (const [name, figures] of Object.entries(perSecond)) {
    const [p50, p99] = ['p50', 'p99'].map((key) => median(latencies[name].map((latency) => latency[key])));
    rows.push([name, Math.round(median(figures)), p50, p99]);
  }
  say(
    `\nNestJS on Fastify: guarded by five limits, throttled by three; latency at 1,000 requests per second\n${table(rows)}`,
  );
  return {
    guard_vs_bare: ratio(perSecond, 'guarded', 'bare'),
    guard_vs_throttler: ratio(perSecond, 'guarded', 'throttled'),
    guard_p99_added_ms: median(latencies.guarded.map(({ p99 }, round) => p99 - latencies.bare[round].p99)),
  };
}

function correctness(exact) {
  const rows = [['races for a small limit beside a large one', 'admitted over the limit', 'lost to denials']];
  for (const [name, { admittedOver, lostToDenials }] of Object.entries(exact)) {
    rows.push([name, admittedOver, lostToDenials]);
  }
  say(`\n${table(rows)}\n`);
  const { fairshare, ...peers } = exact;
  return {
    over_admitted: fairshare.admittedOver,
    lost_to_denials: fairshare.lostToDenials,
    lost_to_denials_rlf: peers['rate-limiter-flexible'].lostToDenials,
  };
}

const AIMS = [
  ['five_limits_vs_rlf', '≥', 4],
  ['five_limits_vs_empty_evalsha', '≥', 0.5],
  ['one_limit_vs_rlf', '≥', 1],
  ['server_time_vs_empty', '≤', 2],
  ['round_trips', '≤', 1],
  ['bytes_per_tenant_8_limits', '≤', 400],
  ['guard_vs_bare', '≥', 0.8],
  ['guard_vs_throttler', '≥', 2],
  ['guard_p99_added_ms', '≤', 2],
  ['over_admitted', '≤', 0],
  ['lost_to_denials', '≤', 0],
];

function aims(figures) {
  return [
    ['figure', 'measured', 'aim', ''],
    ...AIMS.map(([name, relation, aim]) => {
      const isMet = relation === '≥' ? figures[name] >= aim : figures[name] <= aim;
      return [name, figures[name], `${relation} ${figure(aim)}`, isMet ? 'met' : 'short'];
    }),
  ];
}
