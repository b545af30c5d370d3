// Sends half a million requests made from the contract (or as many as given) to a private service, without a network:
//   node scripts/soak-api.mjs [requests] [seed]
// None may fail inside, show another tenant's data, or change anything where it is refused.
import { spawn } from 'node:child_process';
import { inProject, root } from './lib/paths.mjs';

const [requests = '500000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2);
if (requests === '--help' || !/^\d+$/.test(requests) || !/^\d+$/.test(seed)) {
  console.log('node scripts/soak-api.mjs [requests, default 500000] [seed]');
  process.exit(requests === '--help' ? 0 : 2);
}
console.log(`API soak: ${requests} requests, seed ${seed}`);
const child = spawn(
  process.execPath,
  [inProject('scripts', 'test.mjs'), 'test/fuzz', '--testTimeout', '36000000'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, API_FUZZ_REQUESTS: requests, API_FUZZ_SEED: seed },
  },
);
child.on('exit', (code) => (process.exitCode = code ?? 1));
