import { readFileSync } from 'node:fs';
import { inProject } from './paths.mjs';

/** Where the list is kept. */
export const LICENCES = inProject('docs', 'licences.md');

/** Whoever runs or changes the software owes no more than a notice. */
const PERMISSIVE = new Set([
  ...['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'CC0-1.0', 'ISC', 'MIT'],
  ...['MIT and ISC', 'Python-2.0', 'Unlicense'],
]);

/**
 * The production packages of package-lock.json, for every platform, as {name, version, licence}, by name.
 * `refused` are those that are not permissive.
 */
export function productionLicences() {
  const { packages } = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8'));
  const byName = new Map();
  for (const [path, { dev, devOptional, version, license = 'not declared' }] of Object.entries(packages)) {
    if (path === '' || dev || devOptional) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    byName.set(`${name}@${version}`, { name, version, licence: license });
  }
  const list = [...byName.values()].sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  return { list, refused: list.filter(({ licence }) => !PERMISSIVE.has(licence)) };
}

/** docs/licences.md. */
export function licencesPage({ list } = productionLicences()) {
  const counts = new Map();
  for (const { licence } of list) counts.set(licence, (counts.get(licence) ?? 0) + 1);
  const summary = [...counts].sort(([a, n], [b, m]) => m - n || compare(a, b));
  return [
    '# Licences of what production installs\n',
    'Written by `npm run licences` from package-lock.json, packages of every platform included.\n',
    table(['Licence', 'Packages'], summary),
    '## All\n',
    table(
      ['Package', 'Version', 'Licence'],
      list.map(({ name, version, licence }) => [name, version, licence]),
    ),
  ].join('\n');
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
