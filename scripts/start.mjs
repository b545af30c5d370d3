// What `npm start` runs. Static imports are Node's own modules only: packages may not be installed yet.
import { complain, say, seconds } from './lib/log.mjs';
import { onNpmGone } from './lib/npm-parent.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { readSettings } from './lib/settings.mjs';

const HELP = `npm start

Brings up Fairshare: installs packages, starts a private PostgreSQL and a private Redis, migrates, builds, serves.
Ctrl-C stops all of it. What it needs beyond Node and npm is a Redis or Valkey ≥ 7 on PATH. Where there is none, Debian and
Ubuntu need nothing more: their packages are downloaded (1.5 MB) and unpacked below the data folder, without root and
without installing a service; later starts need no network. Elsewhere you are told what to install.

Settings, by environment or in a file .env (the environment wins); .env.example explains every one:

  PORT                    default 8000, or the next free one
  HOST                    default 127.0.0.1
  DATABASE_URL            use this PostgreSQL instead of a private one
  REDIS_URL               use this Redis instead of a private one
  ADMIN_API_KEY           default: generated on first start, kept in .fairshare/admin-key
  FAIRSHARE_DATA_DIR      where private servers keep their data; default .fairshare
  FAIRSHARE_REDIS=private use the unpacked Redis even where one is on PATH
  FAIRSHARE_NO_INSTALL=1  never download a Redis

Data stays in .fairshare between starts; remove that folder to begin anew.
npm test runs the tests, npm run demo shows a burst of tenants against the running server.`;

// A terminal that is gone must not keep us from stopping the servers.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const args = process.argv.slice(2);

if (args.includes('--help') || args.includes('-h')) say(HELP);
else if (args.length > 0) fail(`unknown option ${args[0]}\n\n${HELP}`);
else await main();

async function main() {
  const startedAt = performance.now();
  const stopping = new AbortController();
  const stopped = new Promise((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve());
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stopping.abort());
  onNpmGone(() => stopping.abort());
  try {
    readSettings();
    const fairshare = await start(stopping.signal);
    greet(fairshare, performance.now() - startedAt);
    const mishap = await Promise.race([stopped, fairshare.ended]);
    say(mishap ?? 'stopping');
    await fairshare.stop();
    process.exit(mishap ? 1 : 0);
  } catch (error) {
    if (!stopping.signal.aborted) complain(error);
    process.exit(stopping.signal.aborted ? 0 : 1);
  }
}

async function start(signal) {
  await ensurePackages();
  const { startFairshare } = await import('./lib/fairshare.mjs');
  let end;
  const ended = new Promise((resolve) => (end = resolve));
  return { ...(await startFairshare({ onEnd: end, signal })), ended };
}

function greet({ url, adminKeyFile }, ms) {
  const json = `-H 'Content-Type: application/json'`;
  say(`
Fairshare is ready at ${url} (${seconds(ms)}); Ctrl-C stops it.

  docs       ${url}/docs
  admin key  ${adminKeyFile}

Try:

curl -s ${url}/health
curl -s ${url}/query -H 'X-Tenant-ID: tenant_123' ${json} -d '{"query": "Test query"}'
curl -s ${url}/admin/quota/update -H "X-Admin-Key: $(cat '${adminKeyFile}')" ${json} -d '{"tenant_id": "tenant_123", "tier": "enterprise"}'
`);
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
