import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { say, step } from '../../scripts/lib/log.mjs';
import { figure, median, table } from '../lib/figures.mjs';
import { writeJson } from '../../scripts/lib/options.mjs';
import { ensurePeers, versionOf } from '../lib/peers.mjs';
import { startTemporaryRedis } from '../../scripts/lib/temporary-redis.mjs';
import { CONTESTANTS } from './contestants.mjs';
import { measureRates, measureWake } from './measure.mjs';

const TENANTS = [1, 10, 100, 10_000];
const NAMES = Object.keys(CONTESTANTS);

/** Measures, prints and writes everything. */
export async function benchQueue({ json, quick }) {
  const pace = quick ? { rounds: 1, jobs: 20_000, samples: 100 } : { rounds: 3, jobs: 20_000, samples: 500 };
  await ensurePeers();
  const server = await startTemporaryRedis('bench');
  const redis = connectRedis({ url: server.url, commandTimeoutMs: 10_000 });
  await redisReady(redis, 5_000);
  try {
    say(
      `BullMQ ${versionOf('bullmq')}, groupmq ${versionOf('groupmq')}; ${pace.jobs} jobs in each measurement`,
    );
    await step('warming up', () =>
      measureAll({ redis, url: server.url, tenants: 10, jobs: 2_000, round: 0 }),
    );
    const rates = Object.fromEntries(TENANTS.map((tenants) => [tenants, noRates()]));
    // All numbers of tenants in each round: what else the machine does meanwhile touches all of them.
    for (let round = 0; round < pace.rounds; round++) {
      for (const tenants of TENANTS) {
        const measured = await step(`round ${round + 1} of ${pace.rounds}, ${tenants} tenants`, () =>
          measureAll({ redis, url: server.url, tenants, jobs: pace.jobs, round }),
        );
        for (const name of NAMES) rates[tenants][name].push(measured[name]);
      }
    }
    const wake = await step('waking an idle worker', () => wakeAll(redis, server.url, pace));
    report({ rates, wake, json });
  } finally {
    await closeRedis(redis);
    await server.stop();
  }
}

function noRates() {
  return Object.fromEntries(NAMES.map((name) => [name, []]));
}

async function measureAll({ redis, url, tenants, jobs, round }) {
  const measured = {};
  for (let place = 0; place < NAMES.length; place++) {
    const name = NAMES[(place + round) % NAMES.length];
    await redis.flushall();
    const contestant = await CONTESTANTS[name](url, `bench-${tenants}-${round}`);
    measured[name] = await measureRates(redis, contestant, { jobs, tenants });
    await contestant.close();
  }
  return measured;
}

async function wakeAll(redis, url, { samples }) {
  const wake = {};
  for (const name of NAMES) {
    await redis.flushall();
    const contestant = await CONTESTANTS[name](url, 'bench-wake');
    wake[name] = await measureWake(contestant, { samples });
    await contestant.close();
  }
  return wake;
}

function report({ rates, wake, json }) {
  const of = (tenants, name, key) => median(rates[tenants][name].map((round) => round[key]));
  const ratio = (tenants, key) =>
    median(rates[tenants].fairshare.map((round, index) => round[key] / rates[tenants].bullmq[index][key]));
  const growth = (few, many) =>
    median(rates[few].fairshare.map((round, index) => rates[many].fairshare[index].usec / round.usec));
  const rows = [
    ['tenants', '', 'enqueue/s', 'process/s', 'both/s', 'bytes a waiting job', 'µs of Redis a job'],
    ...TENANTS.flatMap((tenants) =>
      NAMES.map((name, index) => [
        index === 0 ? figure(tenants) : '',
        name,
        ...['enqueue', 'process', 'both', 'bytes'].map((key) => Math.round(of(tenants, name, key))),
        of(tenants, name, 'usec'),
      ]),
    ),
  ];
  say(`\n${table(rows)}`);
  const wakeRows = NAMES.map((name) => [name, wake[name].p50, wake[name].p99]);
  say(`\n${table([['an idle worker starts a job after', 'p50 ms', 'p99 ms'], ...wakeRows])}`);
  const figures = {
    enqueue_vs_bullmq: ratio(100, 'enqueue'),
    process_vs_bullmq: ratio(100, 'process'),
    cost_growth_10_to_10000: growth(10, 10_000),
    wake_p99_ms: wake.fairshare.p99,
    bytes_per_waiting_job: of(100, 'fairshare', 'bytes'),
    bytes_per_waiting_job_10000_tenants: of(10_000, 'fairshare', 'bytes'),
    rates,
    wake,
  };
  say(`\nAims (with 100 tenants where nothing else is said)\n${table(aims(figures))}`);
  for (const [name, relation, aim, cause] of AIMS) {
    if (cause && !isMet(figures[name], relation, aim)) say(`${name} is short: ${cause}.`);
  }
  writeJson(json, figures);
}

const AIMS = [
  ['enqueue_vs_bullmq', '≥', 1.2],
  [
    'process_vs_bullmq',
    '≥',
    2,
    'a worker waits for each call of Redis before it has work for the next: most of its time it is idle',
  ],
  [
    'cost_growth_10_to_10000',
    '≤',
    1.3,
    'jobs of one call share the records of 10 tenants; of 10,000 each brings its own, and they come and go with two jobs each',
  ],
  ['wake_p99_ms', '≤', 5],
  ['bytes_per_waiting_job', '≤', 400],
];

function aims(figures) {
  return [
    ['figure', 'measured', 'aim', ''],
    ...AIMS.map(([name, relation, aim]) => {
      const result = isMet(figures[name], relation, aim) ? 'met' : 'short';
      return [name, figures[name], `${relation} ${figure(aim)}`, result];
    }),
  ];
}

function isMet(value, relation, aim) {
  return relation === '≥' ? value >= aim : value <= aim;
}
