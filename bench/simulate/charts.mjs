import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { svgChart } from './svg-chart.mjs';

const TITLES = { fifo: 'one line for all', 'round-robin': 'round-robin by count', fair: 'fair' };

/** One chart for each scenario: service of each client under each policy, side by side. Gives the files' names. */
export function drawScenario(folder, { name, outcomes }, labels) {
  const panels = Object.entries(outcomes).map(([policy, { service }]) => ({
    title: TITLES[policy],
    lines: service.map((values, client) => ({ label: labels[client], values })),
  }));
  return write(folder, name, svgChart({ title: name, unit: 'service given, units', panels }));
}

export function drawNoisyScale(folder, found) {
  const panels = ['fifo', 'fair'].map((policy) => ({
    title: TITLES[policy],
    lines: [
      { label: 'all ten tenants', values: found[policy].series.map(({ backlog }) => backlog) },
      { label: 'the nine quiet ones', values: found[policy].series.map(({ quiet }) => quiet) },
    ],
  }));
  return write(
    folder,
    'noisy neighbour',
    svgChart({ title: 'noisy neighbour at scale', unit: 'messages waiting', panels }),
  );
}

function write(folder, name, svg) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name.replace(/[^a-z0-9]+/gi, '-')}.svg`);
  writeFileSync(path, svg);
  return path;
}
