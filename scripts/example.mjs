// npm run example. Static imports are Node's own modules only: packages may not be installed yet.
import { parseArgs } from 'node:util';
import { exampleNames, titleOf } from './lib/examples.mjs';
import { Advice, complain, say, tellStepsOn } from './lib/log.mjs';
import { ensurePackages } from './lib/packages.mjs';

const HELP = `npm run example -- NAME

Runs one of the folders in examples/ on a Redis of its own, and a PostgreSQL where it needs one; both end with it. Your
settings, a file .env and your servers are not used.

  --list    the names, with what each shows
  --help    this text`;

const OPTIONS = { list: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } };

try {
  process.exitCode = await main();
} catch (error) {
  complain(error);
  process.exitCode = 1;
}

async function main() {
  tellStepsOn(process.stderr);
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true, strict: false });
  const strange = Object.keys(values).find((name) => !Object.hasOwn(OPTIONS, name));
  if (strange !== undefined) throw await unknown('option', `--${strange}`, ['--list', '--help']);
  if (values.help) return tell(HELP);
  if (values.list) return tell(exampleList());
  const [name, ...more] = positionals;
  if (name === undefined) throw new Advice(`Which example? There are:\n${exampleList()}`);
  if (more.length > 0) throw new Advice(`One example at a time, got ${positionals.join(' ')}`);
  const names = exampleNames();
  if (!names.includes(name)) throw await unknown('example', name, names);
  await prepare();
  const { runExample } = await import('./lib/run-example.mjs');
  return runExample(name);
}

function tell(text) {
  say(text);
  return 0;
}

function exampleList() {
  const names = exampleNames();
  const width = Math.max(...names.map((name) => name.length));
  return names.map((name) => `  ${name.padEnd(width)}  ${titleOf(name)}`).join('\n');
}

async function prepare() {
  await ensurePackages();
  const { ensureBuild } = await import('./lib/build.mjs');
  await ensureBuild();
}

async function unknown(noun, name, known) {
  await prepare();
  const { closest } = await import('../dist/libs/quota/src/closest.js');
  const near = closest(name, known);
  const hint = near ? `did you mean ${near}?` : `there are: ${known.join(', ')}`;
  return new Advice(`There is no ${noun} ${name}; ${hint}`);
}
