// npm run scenarios. Static imports are Node's own modules only: packages may not be installed yet.
import { Advice, complain } from '../../scripts/lib/log.mjs';
import { ensurePackages } from '../../scripts/lib/packages.mjs';
import { parseOptions, wholeNumber } from '../../scripts/lib/options.mjs';
import { COMPRESSION } from './setting.mjs';

const HELP = `npm run scenarios [-- options]

Plays the scenarios of npm run simulate, faster, on a private Redis with real worker processes, once with one line for
all and once with a line for each client, and prints the figures beside those of the simulation. Takes about two minutes.

  --scenario NAME    only this one, for instance short_long
  --compression N    times faster than the published experiments. Default ${COMPRESSION}
  --seed N           of the arrivals. Default 42
  --json FILE        writes the figures to FILE
  --help             this text`;

try {
  const options = parseOptions(HELP, {
    scenario: { type: 'string' },
    compression: { type: 'string', default: String(COMPRESSION) },
    seed: { type: 'string', default: '42' },
  });
  if (options) {
    const seed = wholeNumber(options, 'seed', 0);
    const compression = wholeNumber(options, 'compression', 1);
    const { SCENARIOS } = await import('../simulate/scenarios.mjs');
    const names = SCENARIOS.map(({ name }) => name);
    if (options.scenario && !names.includes(options.scenario)) {
      throw new Advice(`No scenario is named ${options.scenario}; there are ${names.join(', ')}`);
    }
    await ensurePackages();
    const { ensureBuild } = await import('../../scripts/lib/build.mjs');
    await ensureBuild();
    const { playScenarios } = await import('./scenarios.mjs');
    await playScenarios({ ...options, seed, compression });
  }
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
