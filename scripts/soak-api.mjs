import { say } from './lib/log.mjs';
import { wholeNumber } from './lib/options.mjs';
import { anySeed, playSpec, soakCommand } from './lib/soak.mjs';

const HELP = `npm run soak:api [-- options]
npm run soak:api -- --aborts [options]

Sends requests made from the contract to a private service: none may fail inside, show another tenant's data, or change
anything where it is refused. A failure prints its seed.

With --aborts: clients leave and jobs are cancelled at random moments, on both executors; then what the upstream did
by its own bill must be what the tenants paid, by their counters and by their history. A difference is an exit code
other than 0.

  --requests N   default 500000; with --aborts 5000 on each executor
  --seed N       default: any
  --help         this text`;

const OPTIONS = { requests: { type: 'string' }, seed: { type: 'string' }, aborts: { type: 'boolean' } };

await soakCommand(HELP, OPTIONS, run);

async function run(values) {
  const requests = wholeNumber({ requests: values.aborts ? 5_000 : 500_000, ...values }, 'requests');
  const seed = values.seed === undefined ? anySeed() : wholeNumber(values, 'seed', 0);
  if (values.aborts) return aborts(requests, seed);
  say(`API soak: ${requests} requests, seed ${seed}`);
  const env = { API_FUZZ_REQUESTS: String(requests), API_FUZZ_SEED: String(seed) };
  return playSpec('test/fuzz', env, ['--testTimeout', '36000000']);
}

async function aborts(requests, seed) {
  say(`API soak: ${requests} requests that are left or cancelled, on each executor, seed ${seed}`);
  const env = { PAID_ABORTS: String(requests), PAID_SEED: String(seed), PAID_PROGRESS: 'true' };
  const code = await playSpec('test/hostile/paid', env);
  if (code === 0) say("The upstream's bill equals the ledger on both executors");
  return code;
}
