import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inProject } from '../../scripts/lib/paths.mjs';
import { say } from '../../scripts/lib/log.mjs';
import { figure, table } from '../lib/figures.mjs';
import { wholeNumber, writeJson } from '../../scripts/lib/options.mjs';
import { SLOTS, TIMES_THE_LOAD } from './setting.mjs';

const AIM = 1.2;

/** Measures the phases, prints them side by side and writes them. */
export async function noisyNeighbour({ samples, json }) {
  const count = wholeNumber({ samples }, 'samples', 20);
  const folder = mkdtempSync(join(tmpdir(), 'fairshare-noisy-'));
  try {
    const fair = await measure('with fair turns', folder, { UPSTREAM_CONCURRENCY: String(SLOTS) }, count);
    // More slots than there are queries: nobody waits for a turn, and the upstream slows down for all.
    const without = await measure('everybody at once', folder, { UPSTREAM_CONCURRENCY: '10000' }, count);
    report({ fair, without }, count, json);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In a process of its own: a service is started once in a process. */
function measure(label, folder, settings, count) {
  const child = fork(inProject('bench', 'noisy-neighbour', 'phase.mjs'), [
    label,
    folder,
    JSON.stringify(settings),
    String(count),
  ]);
  return new Promise((resolve, reject) => {
    let figures;
    child.on('message', (message) => (figures = message));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(figures) : reject(new Error(`the phase "${label}" failed`)),
    );
  });
}

function report({ fair, without }, count, json) {
  const rows = [['POST /query of the quiet tenant', 'p50 ms', 'p95 ms', 'p95 beside ÷ alone']];
  const ratio = ({ alone, beside }) => beside.p95_ms / alone.p95_ms;
  for (const [label, phase] of [
    ['fair turns', fair],
    ['everybody at once', without],
  ]) {
    rows.push([`${label}: alone`, phase.alone.p50_ms, phase.alone.p95_ms, undefined]);
    rows.push([`${label}: beside the noisy one`, phase.beside.p50_ms, phase.beside.p95_ms, ratio(phase)]);
  }
  say(`\n${count} queries in each phase, ${SLOTS} slots upstream, ${TIMES_THE_LOAD} noisy queries at once`);
  say(table(rows));
  say(
    `the noisy tenant itself: p95 ${figure(fair.noisy.p95_ms)} ms with fair turns, ${figure(without.noisy.p95_ms)} ms without`,
  );
  say(`aim: at most ${AIM} with fair turns: ${ratio(fair) <= AIM ? 'met' : 'short'}`);
  writeJson(json, { fair, without, fair_p95_ratio: ratio(fair), without_p95_ratio: ratio(without) });
}
