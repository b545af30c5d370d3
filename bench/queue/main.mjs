// npm run bench:queue. Static imports are Node's own modules only: packages may not be installed yet.
import { complain } from '../../scripts/lib/log.mjs';
import { ensurePackages } from '../../scripts/lib/packages.mjs';
import { parseOptions } from '../../scripts/lib/options.mjs';

const HELP = `npm run bench:queue [-- options]

Measures the fair queue beside BullMQ (one line for all: groups are not in its free edition) and groupmq, on one private
Redis and in turning order, with 1, 10, 100 and 10,000 tenants, and prints the ratios beside what is aimed at. Takes
three to four minutes.

  --json FILE   write the figures to FILE as JSON
  --quick       one round, for a first look, and less steady
  --help        this text`;

try {
  const options = parseOptions(HELP, { quick: { type: 'boolean', default: false } });
  if (options) {
    await ensurePackages();
    const { ensureBuild } = await import('../../scripts/lib/build.mjs');
    await ensureBuild();
    const { benchQueue } = await import('./bench-queue.mjs');
    await benchQueue(options);
  }
} catch (error) {
  complain(error);
  process.exitCode = 1;
}
