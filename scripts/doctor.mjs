// npm run doctor: do journal, queue, ledger and counters agree?
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ensureBuild } from './lib/build.mjs';
import { Advice, complain, say } from './lib/log.mjs';
import { parseOptions, writeJson } from './lib/options.mjs';
import { inProject } from './lib/paths.mjs';
import { readSettings } from './lib/settings.mjs';

const HELP = `npm run doctor [-- options]

Compares what PostgreSQL and Redis hold: journal ↔ queue ↔ ledger ↔ counters, and pauses. The service may run meanwhile,
and does the same by itself every 30 s. Uses DATABASE_URL, REDIS_URL and REDIS_KEY_PREFIX as the service does.

  --repair      make them agree; without it nothing is changed
  --json FILE   what was found, as JSON too
  --help        this text

Exit status: 0 all agree, or were made to; 1 something does not; 2 it could not be found out.`;

/** Each kind of disagreement, in the order of the table. */
const ROWS = {
  job_not_queued: 'journal → queue: accepted jobs that the queue does not know',
  job_never_acknowledged: 'journal: jobs whose client was never told of them',
  job_end_not_journaled: 'queue → journal: ends that the journal does not know',
  queued_without_row: 'queue → journal: waiting jobs without a live row',
  dead_job_forgotten: 'journal → queue: dead jobs that could not be requeued',
  pause_forgotten: 'pauses: forgotten by Redis',
  counter_behind_ledger: 'ledger → counters: use that Redis forgot',
  ledger_behind_counter: 'counters → ledger: use that was not written',
};

try {
  const values = parseOptions(HELP, { repair: { type: 'boolean' } });
  if (values) process.exitCode = await doctor(values);
} catch (error) {
  complain(error);
  process.exitCode = 2;
}

async function doctor({ repair, json }) {
  readSettings();
  if (!process.env.DATABASE_URL) throw new Advice('DATABASE_URL must be set');
  await ensureBuild();
  const found = await examine(repair);
  for (const line of tableOf(found)) say(line);
  writeJson(json, found);
  return found.every((one) => one.repaired === one.found) ? 0 : 1;
}

async function examine(repair) {
  const args = [inProject('dist', 'apps', 'api', 'src', 'doctor.js'), ...(repair ? ['--repair'] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

function tableOf(divergences) {
  const known = new Map(divergences.map((one) => [one.kind, one]));
  return Object.entries(ROWS).flatMap(([kind, title]) => {
    const { found = 0, repaired = 0, examples = [] } = known.get(kind) ?? {};
    const row = `${found === repaired ? '✓' : '✗'} ${title.padEnd(58)} ${found} found, ${repaired} repaired`;
    return examples.length === 0 ? [row] : [row, `    such as ${examples.join(', ')}`];
  });
}
