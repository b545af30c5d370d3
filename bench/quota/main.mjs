// npm run bench:quota. Static imports are Node's own modules only: packages may not be installed yet.
import { complain } from '../../scripts/lib/log.mjs';
import { ensurePackages } from '../../scripts/lib/packages.mjs';
import { parseOptions } from '../../scripts/lib/options.mjs';

const HELP = `npm run bench:quota [-- options]

Measures the quota engine beside rate-limiter-flexible, @nestjs/throttler and the empty EVALSHA, on one private Redis
and in turning order, and prints the ratios beside what is aimed at. Takes about three minutes.

  --json FILE   write the figures to FILE as JSON
  --quick       shorter rounds, for a first look: less than a minute, and less steady
  --help        this text`;

try {
  const options = parseOptions(HELP, { quick: { type: 'boolean', default: false } });
  if (options) {
    await ensurePackages();
    const { ensureBuild } = await import('../../scripts/lib/build.mjs');
    await ensureBuild();
    const { benchQuota } = await import('./bench-quota.mjs');
    await benchQuota(options);
  }
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
