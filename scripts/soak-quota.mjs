// Compares the quota engine with the reference model for a million commands (or as many as given) on a private Redis:
//   node scripts/soak-quota.mjs [commands] [first seed]
import { spawn } from 'node:child_process';
import { inProject, root } from './lib/paths.mjs';

const [commands = '1000000', seed = String(Math.floor(Math.random() * 1e9))] = process.argv.slice(2);
console.log(`quota soak: ${commands} commands, first seed ${seed}`);
const child = spawn(process.execPath, [inProject('scripts', 'test.mjs'), 'quota-model'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, QUOTA_MODEL_COMMANDS: commands, QUOTA_MODEL_SEED: seed },
});
child.on('exit', (code) => (process.exitCode = code ?? 1));
