import { say, step } from '../../scripts/lib/log.mjs';
import { table } from '../lib/figures.mjs';
import { writeJson } from '../../scripts/lib/options.mjs';
import { startTemporaryRedis } from '../../scripts/lib/temporary-redis.mjs';
import { SCENARIOS } from '../simulate/scenarios.mjs';
import { compareScenario } from './compare.mjs';
import { figuresOf } from './figures.mjs';
import { SLOTS, SLOTS_OF_WORKERS } from './setting.mjs';

const HEAD = [
  'scenario',
  'figure',
  'one line: simulated',
  'real',
  'fair: simulated',
  'real',
  'apart at most',
  '',
];

/** Plays all scenarios, or one, and prints both columns side by side. */
export async function playScenarios({ scenario, seed, compression, json }) {
  const server = await startTemporaryRedis('bench');
  try {
    const rows = [HEAD];
    const figures = {};
    for (const one of SCENARIOS.filter(({ name }) => !scenario || name === scenario)) {
      const found = await step(one.name, () => compareScenario(one, { url: server.url, seed, compression }));
      const compared = figuresOf(one, found, compression);
      rows.push(...compared.map((figure, index) => rowOf(index === 0 ? one.name : '', figure)));
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

function rowOf(name, { title, digits, simulated, real, apart, agrees }) {
  const cell = (values) => values.map((value) => value.toFixed(digits)).join('/');
  return [
    name,
    title,
    ...[simulated.fifo, real.fifo, simulated.fair, real.fair, apart].map(cell),
    agrees ? 'agrees' : 'apart',
  ];
}
