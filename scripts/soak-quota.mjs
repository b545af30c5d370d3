import { say } from './lib/log.mjs';
import { wholeNumber } from './lib/options.mjs';
import { anySeed, playSpec, soakCommand } from './lib/soak.mjs';

const HELP = `npm run soak:quota [-- options]

Compares the quota engine with its reference model: random verbs, tenants, clock jumps, expiries, duplicates and changes
of limits, on a private Redis. A failure prints its seed.

  --commands N   default 1000000
  --seed N       default: any
  --help         this text`;

await soakCommand(HELP, { commands: { type: 'string', default: '1000000' }, seed: { type: 'string' } }, run);

async function run(values) {
  const commands = wholeNumber(values, 'commands');
  const seed = values.seed === undefined ? anySeed() : wholeNumber(values, 'seed', 0);
  say(`quota soak: ${commands} commands, first seed ${seed}`);
  return playSpec('quota-model', { QUOTA_MODEL_COMMANDS: String(commands), QUOTA_MODEL_SEED: String(seed) });
}
