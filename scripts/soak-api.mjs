import { say } from './lib/log.mjs';
import { anySeed, playSpec, soakCommand, wholeNumber } from './lib/soak.mjs';

const HELP = `npm run soak:api [-- options]

Sends requests made from the contract to a private service: none may fail inside, show another tenant's data, or change
anything where it is refused. A failure prints its seed.

  --requests N   default 500000
  --seed N       default: any
  --help         this text`;

await soakCommand(HELP, { requests: { type: 'string', default: '500000' }, seed: { type: 'string' } }, run);

async function run(values) {
  const requests = wholeNumber(values, 'requests');
  const seed = values.seed === undefined ? anySeed() : wholeNumber(values, 'seed', 0);
  say(`API soak: ${requests} requests, seed ${seed}`);
  const env = { API_FUZZ_REQUESTS: String(requests), API_FUZZ_SEED: String(seed) };
  return playSpec('test/fuzz', env, ['--testTimeout', '36000000']);
}
