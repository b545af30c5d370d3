import { say, step } from '../../scripts/lib/log.mjs';
import { figure, table } from '../lib/figures.mjs';
import { writeJson } from '../../scripts/lib/options.mjs';
import { drawNoisyScale, drawScenario } from './charts.mjs';
import { contention } from './contention.mjs';
import { noisyAtScale } from './noisy-scale.mjs';
import { compare, runScenario } from './run-scenario.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { readTrace } from './trace.mjs';

const POLICY_NAMES = ['fifo', 'round-robin', 'fair'];

/** Prints the table of all scenarios, or of one, or of a trace. */
export async function simulate({ trace, scenario, seed, json, charts }) {
  if (trace) return simulateTrace(trace, { json, charts });
  const chosen = SCENARIOS.filter(({ name }) => !scenario || name === scenario);
  const results = [];
  for (const one of chosen) results.push(await step(one.name, () => runScenario(one, { seed })));
  say(
    `seed ${seed}; gap: largest distance of two waiting clients' service from its mean, in units (in + 2 · out)\n`,
  );
  say(table([HEAD, ...results.flatMap((result, index) => rowsOf(chosen[index], result))]));
  const figures = {
    seed,
    scenarios: Object.fromEntries(results.map((result) => [result.name, figuresOf(result)])),
  };
  if (!scenario) Object.assign(figures, await wholeQueueCases(charts));
  if (charts) {
    for (const result of results) say(drawScenario(charts, result, labelsOf(result.clients)));
  }
  writeJson(json, figures);
}

const HEAD = ['scenario', 'figure', ...POLICY_NAMES, 'published FIFO', 'published VTC', 'aim', ''];

function rowsOf({ measure, light, published, aim, weights }, { name, outcomes, bound }) {
  const of = (figureOf) => POLICY_NAMES.map((policy) => figureOf(outcomes[policy]));
  if (measure === 'gap') {
    const cells = of(({ gap }) => Math.round(gap));
    const charged = of(({ chargedDrift }) => Math.round(chargedDrift));
    return [
      [name, 'gap', ...cells, published.fifo, published.vtc, aim, verdict(cells[2] <= aim)],
      [
        '',
        'charged, any interval',
        ...charged,
        undefined,
        undefined,
        `≤ ${figure(bound)}`,
        verdict(charged[2] <= bound),
      ],
    ];
  }
  if (measure === 'wait') {
    const cells = of(({ waits }) => Math.max(...light.map((client) => waits[client])));
    return [
      [name, 'light clients wait, s', ...cells, published.fifo, published.vtc, aim, verdict(cells[2] <= aim)],
    ];
  }
  const near = outcomes.fair.rates.every(
    (rate, client) => Math.abs(rate - aim[client]) <= 0.01 * aim[client],
  );
  const cells = of(({ rates }) => rates.map((rate) => Math.round(rate)).join('/'));
  return [
    [
      name,
      `units/s at ${weights.join(':')}`,
      ...cells,
      published.fifo?.join('/'),
      undefined,
      aim.join('/'),
      verdict(near),
    ],
  ];
}

function verdict(isMet) {
  return isMet ? 'met' : 'short';
}

function figuresOf({ outcomes, bound, largestCost }) {
  const policies = Object.entries(outcomes).map(([policy, { gap, drift, chargedDrift, waits, rates }]) => [
    policy,
    { gap, drift, charged_drift: chargedDrift, waits_s: waits, units_per_second: rates },
  ]);
  return { largest_cost: largestCost, bound, ...Object.fromEntries(policies) };
}

async function wholeQueueCases(charts) {
  const scale = {};
  const rows = [
    ['noisy neighbour, 600 s', 'policy', 'peak backlog', 'of the quiet', 'oldest, s', 'of the quiet'],
  ];
  for (const batchS of [0.5, 0.64]) {
    for (const policy of ['fifo', 'fair']) {
      const found = await step(`noisy neighbour: ${policy}, ${batchS} s`, () =>
        noisyAtScale(policy, { batchS }),
      );
      if (batchS === 0.64) scale[policy] = found;
      rows.push([
        `40 consumers, ${batchS} s a take`,
        policy,
        found.peakBacklog,
        found.quietPeakBacklog,
        found.oldestS,
        found.quietOldestS,
      ]);
    }
  }
  rows.push(['published (a cloud queue)', 'fair', 122_000, 379, 304, 8]);
  say(`\n${table(rows)}`);
  if (charts) say(drawNoisyScale(charts, scale));

  const cases = [
    { heavy: 4, heavyJobs: 120, lightJobs: 10, slots: 1 },
    { heavy: 20, heavyJobs: 8, lightJobs: 10, slots: 25 },
    { heavy: 60, heavyJobs: 8, lightJobs: 10, slots: 25 },
    { heavy: 0, heavyJobs: 0, lightJobs: 100, slots: 1 },
  ];
  const contentions = cases.map((one) => ({
    ...one,
    fifo: contention('fifo', one),
    fair: contention('fair', one),
  }));
  say(
    `\n${table([
      ['all there at step 0', 'light first served: fifo', 'fair', 'steps in all: fifo', 'fair'],
      ...contentions.map(({ heavy, heavyJobs, lightJobs, slots, fifo, fair }) => [
        `${heavy} × ${heavyJobs} heavy, ${lightJobs} light, ${slots} at once`,
        fifo.lightFirstAt,
        fair.lightFirstAt,
        fifo.makespan,
        fair.makespan,
      ]),
    ])}`,
  );
  const withoutSeries = (found) => ({ ...found, series: undefined });
  return {
    noisy_neighbour: { fifo: withoutSeries(scale.fifo), fair: withoutSeries(scale.fair) },
    contention: contentions,
  };
}

function simulateTrace(path, { json, charts }) {
  const { arrivals, names, seconds } = readTrace(path);
  const result = { ...compare({ arrivals, seconds, clients: names.length }), name: 'trace' };
  say(`${arrivals.length} requests of ${names.length} clients in ${seconds} s\n`);
  const rows = [
    ['policy', 'gap', 'charged, any interval', 'promised', ...names.map((name) => `${name} waits, s`)],
  ];
  for (const [policy, { gap, chargedDrift, waits }] of Object.entries(result.outcomes)) {
    rows.push([
      policy,
      Math.round(gap),
      Math.round(chargedDrift),
      policy === 'fair' ? result.bound : undefined,
      ...waits,
    ]);
  }
  say(table(rows));
  if (charts) say(drawScenario(charts, result, names));
  writeJson(json, { clients: names, ...figuresOf(result) });
}

function labelsOf(clients) {
  return Array.from({ length: clients }, (_, client) => `client ${client}`);
}
