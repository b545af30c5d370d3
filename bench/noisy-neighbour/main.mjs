// npm run noisy-neighbour. Static imports are Node's own modules only: packages may not be installed yet.
import { complain } from '../../scripts/lib/log.mjs';
import { ensurePackages } from '../../scripts/lib/packages.mjs';
import { parseOptions } from '../../scripts/lib/options.mjs';

const HELP = `npm run noisy-neighbour [-- options]

What a tenant within quota does to its neighbours: a quiet tenant asks one query after the other, alone and beside a
tenant that keeps 50 at once under way; once with fair turns, once with everybody let in at once. Starts a private
service for it, and takes about a minute and a half.

  --samples N   quiet queries in each phase. Default 300
  --json FILE   write the figures to FILE as JSON
  --help        this text`;

try {
  const options = parseOptions(HELP, { samples: { type: 'string', default: '300' } });
  if (options) {
    await ensurePackages();
    const { noisyNeighbour } = await import('./noisy-neighbour.mjs');
    await noisyNeighbour(options);
  }
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
