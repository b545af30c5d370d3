import { say, step } from '../../scripts/lib/log.mjs';
import { table } from '../lib/figures.mjs';
import { writeJson } from '../lib/options.mjs';
import { startBenchRedis } from '../lib/private-redis.mjs';
import { SCENARIOS } from '../simulate/scenarios.mjs';
import { compareScenario } from './compare.mjs';
import { SLOTS, SLOTS_OF_WORKERS } from './setting.mjs';

const HEAD = [
  'scenario',
  'figure',
  'one line: simulated',
  'real',
  'fair: simulated',
  'real',
  'may be apart by',
  '',
];

/** Plays all scenarios, or one, and prints both columns side by side. */
export async function playScenarios({ scenario, seed, compression, json }) {
  const server = await startBenchRedis();
  try {
    const rows = [HEAD];
    const figures = {};
    for (const one of SCENARIOS.filter(({ name }) => !scenario || name === scenario)) {
      const found = await step(one.name, () => compareScenario(one, { url: server.url, seed, compression }));
      const compared = figureOf(one, found, compression);
      rows.push(rowOf(one, compared));
      figures[one.name] = compared;
    }
    say(
      `seed ${seed}, ${compression} times faster, ${SLOTS} slots in ${SLOTS_OF_WORKERS.length} worker processes; the simulation has ${SLOTS} slots, too\n`,
    );
    say(table(rows));
    writeJson(json, { seed, compression, scenarios: figures });
  } finally {
    await server.stop();
  }
}

/** The figure that a scenario is about, in all four runs, and how far concurrency may put the last two apart. */
function figureOf({ measure, light }, { simulated, real, largestCost }, compression) {
  const { of, apart } = {
    // One job of each may have started on the other side of a tick.
    gap: { of: ({ gap }) => [gap], apart: () => 2 * largestCost },
    // 10 ms for a timer, a call and a wake-up.
    wait: { of: ({ waits }) => light.map((client) => waits[client]), apart: () => 0.01 * compression },
    rates: { of: ({ rates }) => rates, apart: (rate) => 0.1 * rate },
  }[measure];
  const [expected, found] = [of(simulated.fair), of(real.fair)];
  return {
    measure,
    simulated: { fifo: of(simulated.fifo), fair: expected },
    real: { fifo: of(real.fifo), fair: found },
    apart: expected.map(apart),
    agrees: found.every((value, index) => Math.abs(value - expected[index]) <= apart(expected[index])),
  };
}

const TITLES = { gap: 'gap', wait: 'light clients wait, s', rates: 'units/s' };

function rowOf({ name }, { measure, simulated, real, apart, agrees }) {
  const digits = measure === 'wait' ? 2 : 0;
  const cell = (values) => values.map((value) => value.toFixed(digits)).join('/');
  return [
    name,
    TITLES[measure],
    ...[simulated.fifo, real.fifo, simulated.fair, real.fair, apart].map(cell),
    agrees ? 'agrees' : 'apart',
  ];
}
