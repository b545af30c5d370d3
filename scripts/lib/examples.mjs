import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { inProject } from './paths.mjs';

const FOLDER = inProject('examples');

/** The folders in examples/, sorted. */
export function exampleNames() {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** A file of an example. */
export function inExample(name, ...parts) {
  return inProject('examples', name, ...parts);
}

/** The first line of its README. */
export function titleOf(name) {
  return readFileSync(inExample(name, 'README.md'), 'utf8').split('\n')[0].replace(/^# /, '');
}

/** Its one file: a program, or a spec for Jest. */
export function sourceOf(name) {
  const isSpec = existsSync(inExample(name, 'main.spec.ts'));
  return { isSpec, file: inExample(name, isSpec ? 'main.spec.ts' : 'main.ts') };
}
