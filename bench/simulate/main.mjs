// npm run simulate. Static imports are Node's own modules only: packages may not be installed yet.
import { Advice, complain } from '../../scripts/lib/log.mjs';
import { ensurePackages } from '../../scripts/lib/packages.mjs';
import { parseOptions, wholeNumber } from '../../scripts/lib/options.mjs';

const HELP = `npm run simulate [-- options]

Runs the scenarios of the published fairness experiments under three policies (one line for all, round-robin by count,
and the queue's own schedule) in a simulation without Redis, and prints them beside the published figures.

  --scenario NAME  only this one, for instance short_long
  --trace FILE     a CSV of your own instead, with the columns t,client,in,out (seconds, name, tokens)
  --seed N         of the arrivals. Default 42
  --charts FOLDER  writes an SVG chart for each scenario there
  --json FILE      writes the figures to FILE
  --help           this text`;

try {
  const options = parseOptions(HELP, {
    scenario: { type: 'string' },
    trace: { type: 'string' },
    seed: { type: 'string', default: '42' },
    charts: { type: 'string' },
  });
  if (options) {
    const seed = wholeNumber(options, 'seed', 0);
    await ensurePackages();
    const { ensureBuild } = await import('../../scripts/lib/build.mjs');
    await ensureBuild();
    const { SCENARIOS } = await import('./scenarios.mjs');
    const names = SCENARIOS.map(({ name }) => name);
    if (options.scenario && !names.includes(options.scenario)) {
      throw new Advice(`No scenario is named ${options.scenario}; there are ${names.join(', ')}`);
    }
    const { simulate } = await import('./simulate.mjs');
    await simulate({ ...options, seed });
  }
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
