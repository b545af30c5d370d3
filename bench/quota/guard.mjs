import { fork } from 'node:child_process';
import { Agent, request } from 'node:http';
import { once } from 'node:events';
import autocannon from 'autocannon';
import { inProject } from '../../scripts/lib/paths.mjs';
import { quantile } from '../lib/figures.mjs';
import { inRounds, latenciesAt } from '../lib/load.mjs';

const CONNECTIONS = 64;
const ARRIVALS_PER_SECOND = 1_000;
export const ROUTES = ['bare', 'guarded', 'throttled'];

/** Requests per second of each route, one figure for each round, and p50 and p99 in ms at a fixed rate. */
export async function guardedRoutes(redisUrl, { rounds, ms, onRound }) {
  const server = fork(inProject('bench', 'quota', 'guard-server.mjs'), [redisUrl]);
  try {
    const [{ port }] = await Promise.race([
      once(server, 'message'),
      once(server, 'exit').then(([code]) => {
        throw new Error(`the benchmark's server ended with ${code}`);
      }),
    ]);
    const base = `http://127.0.0.1:${port}`;
    const measured = ROUTES.map((name) => ({
      name,
      measure: () => requestsPerSecond(`${base}/${name}`, ms),
    }));
    for (const { measure } of measured) await measure(); // warm
    const perSecond = await inRounds(measured, rounds, onRound);
    const timed = ROUTES.map((name) => ({ name, measure: () => latency(`${base}/${name}`, ms) }));
    const latencies = await inRounds(timed, rounds);
    return { perSecond, latencies };
  } finally {
    server.disconnect();
  }
}

async function requestsPerSecond(url, ms) {
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: Math.max(1, Math.round(ms / 1_000)),
    headers: { 'x-tenant-id': 'tenant-1' },
  });
  const good = result['2xx'];
  if (good !== result.requests.total) {
    throw new Error(
      `${url}: ${result.requests.total - good} of ${result.requests.total} answers were not 200`,
    );
  }
  return good / result.duration;
}

async function latency(url, ms) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const get = () =>
    new Promise((resolve, reject) => {
      request(url, { agent, headers: { 'x-tenant-id': 'tenant-1' } }, (answer) => {
        answer.resume();
        answer.on('end', resolve);
      })
        .on('error', reject)
        .end();
    });
  try {
    const latencies = await latenciesAt(ARRIVALS_PER_SECOND, get, { ms });
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
  } finally {
    agent.destroy();
  }
}
