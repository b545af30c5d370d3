import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from '@swc/core';

const LIBS = ['ids', 'redis', 'queue'];

/** Turns the libs into JavaScript in a folder of its own, so that child processes run what the tree says, not an old build. */
export function transpile(root, target) {
  for (const lib of LIBS) {
    const source = join(root, 'libs', lib, 'src');
    for (const name of readdirSync(source, { recursive: true })) {
      const from = join(source, name);
      const to = join(target, 'libs', lib, 'src', name);
      if (name.endsWith('.lua')) copy(from, to);
      else if (name.endsWith('.ts') && !name.endsWith('.spec.ts')) compile(from, to.replace(/\.ts$/, '.js'));
    }
  }
  const exports = Object.fromEntries(LIBS.map((lib) => [`./${lib}`, `./libs/${lib}/src/index.js`]));
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name: 'fairshare', type: 'module', exports }));
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}

function compile(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const { code } = transformSync(readFileSync(from, 'utf8'), {
    filename: from,
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  writeFileSync(to, code);
}
