// One phase of npm run noisy-neighbour: <label> <data folder> <settings as JSON> <quiet queries>. Tells its figures.
import { join } from 'node:path';
import { createDemoClient } from '../../scripts/lib/demo-client.mjs';
import { startFairshare } from '../../scripts/lib/fairshare.mjs';
import { complain, step } from '../../scripts/lib/log.mjs';
import { readSettings } from '../../scripts/lib/settings.mjs';
import { quantile } from '../lib/figures.mjs';
import { NOISY, QUIET, SLOTS, TIMES_THE_LOAD } from './setting.mjs';

/** The quota is not what is tried here. */
const PLENTY = { queries_hourly: 10_000_000, queries_daily: 10_000_000, queries_monthly: 10_000_000 };
const MORE = { tokens_daily: 1_000_000_000, tokens_monthly: 1_000_000_000, cost_units_daily: 1_000_000_000 };

const [label, folder, settings, count] = process.argv.slice(2);
try {
  process.send(await measure(label, folder, JSON.parse(settings), Number(count)));
} catch (error) {
  complain(error);
  process.exitCode = 1;
} finally {
  process.disconnect();
}

async function measure(label, folder, settings, count) {
  const env = {
    ...readSettings(),
    DATABASE_URL: '',
    REDIS_URL: '',
    FAIRSHARE_DATA_DIR: folder,
    SIMULATED_CAPACITY: String(SLOTS),
    LOG_LEVEL: 'error',
    ...settings,
  };
  const service = await step(`starting the service: ${label}`, () =>
    startFairshare({ env, logFile: join(folder, 'api.log') }),
  );
  const client = await createDemoClient(service.url, service.adminKey);
  try {
    for (const tenant_id of [QUIET, NOISY]) {
      await client.update({
        tenant_id,
        limits: { ...PLENTY, ...MORE },
        reason: 'measuring',
      });
    }
    await ask(client, QUIET, 30);
    const alone = await step(`${label}: the quiet tenant alone`, () => ask(client, QUIET, count));
    const noise = startNoise(client);
    await noise.begun;
    const beside = await step(`${label}: beside ${TIMES_THE_LOAD} times its load`, () =>
      ask(client, QUIET, count),
    );
    const noisy = await noise.stop();
    return { alone: figuresOf(alone), beside: figuresOf(beside), noisy: figuresOf(noisy) };
  } finally {
    await service.stop();
  }
}

/** One query after the other; the same ones in every phase. Gives the times in ms. */
async function ask(client, tenantId, count) {
  const times = [];
  for (let n = 0; n < count; n++) times.push(await timed(client, tenantId, n));
  return times;
}

async function timed(client, tenantId, n) {
  const { status, ms, body } = await client.query(tenantId, `What is question number ${n} about?`);
  if (status !== 200) throw new Error(`a query within quota was answered ${status}: ${body?.detail ?? ''}`);
  return ms;
}

/** Keeps queries of the noisy tenant under way until it is stopped. */
function startNoise(client) {
  const times = [];
  let isOver = false;
  let firstRound;
  const begun = new Promise((resolve) => (firstRound = resolve));
  const work = async (n) => {
    while (!isOver) {
      times.push(await timed(client, NOISY, n));
      n += TIMES_THE_LOAD;
      if (times.length >= 2 * TIMES_THE_LOAD) firstRound();
    }
  };
  const workers = Promise.all(Array.from({ length: TIMES_THE_LOAD }, (_, n) => work(n)));
  return {
    begun: Promise.race([begun, workers]),
    async stop() {
      isOver = true;
      await workers;
      return times;
    },
  };
}

function figuresOf(times) {
  return { count: times.length, p50_ms: quantile(times, 0.5), p95_ms: quantile(times, 0.95) };
}
