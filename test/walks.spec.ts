import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const MOST_FILES = 20;

const text = readFileSync('ARCHITECTURE.md', 'utf8');
const walks = text
  .slice(text.indexOf('## Walks'), text.indexOf('## Redis'))
  .split('### ')
  .slice(1)
  .map((part): [string, string[]] => [
    part.split('\n')[0]!,
    [...part.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, path]) => path!),
  ]);

/** The files from which a library's index takes the names that it exports. */
function exportsOf(library: string): Map<string, string> {
  const index = `libs/${library}/src/index.ts`;
  const found = new Map<string, string>();
  for (const [, names, path] of readFileSync(index, 'utf8').matchAll(/export \{([^}]*)\} from '([^']+)'/g)) {
    for (const name of names!.split(',')) {
      found.set(name.replace('type ', '').trim(), fileOf(index, path!));
    }
  }
  return found;
}

const fileOf = (from: string, path: string) => normalize(join(dirname(from), path)).replace(/\.js$/, '.ts');

/** Every file of ours that a file names as an import, an include, or a script to load. */
function importsOf(path: string): string[] {
  const source = readFileSync(path, 'utf8');
  const relative = [...source.matchAll(/from '(\.[^']+)'/g)].map(([, to]) => fileOf(path, to!));
  const includes = [...source.matchAll(/^-- @include (\S+)/gm)].map(([, to]) => fileOf(path, to!));
  const scripts = [...source.matchAll(/'([\w/.-]+\.lua)'/g)].map(([, to]) => fileOf(path, to!));
  const named = [...source.matchAll(/import (?:type )?\{([^}]*)\} from 'fairshare\/(\w+)'/g)].flatMap(
    ([, names, library]) =>
      names!.split(',').map((name) => exportsOf(library!).get(name.replace('type ', '').trim()) ?? ''),
  );
  return [...relative, ...includes, ...scripts, ...named];
}

/** A script of Lua is loaded by the file of the same name, or by the list of its folder. */
const isLoadedBy = (lua: string, other: string) =>
  lua.endsWith('.lua') && readFileSync(other, 'utf8').includes(basename(lua));

describe('the walks of ARCHITECTURE.md', () => {
  it('are three', () => expect(walks).toHaveLength(3));

  it.each(walks)('%s: its files are there, few, and import each other in this order', (_name, files) => {
    expect(files.filter((path) => !existsSync(path))).toEqual([]);
    expect(files.length).toBeLessThanOrEqual(MOST_FILES);
    const strangers = files.filter((path, at) => {
      const above = files.slice(0, at);
      const isKnown = above.some(
        (other) =>
          importsOf(other).includes(path) || importsOf(path).includes(other) || isLoadedBy(path, other),
      );
      return at > 0 && !isKnown;
    });
    expect(strangers).toEqual([]);
  });
});
