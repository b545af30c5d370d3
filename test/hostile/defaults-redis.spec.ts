import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { closeRedis, connectRedis, redisReady } from 'fairshare/redis';
import { hasApt } from '../../scripts/lib/redis-package.mjs';
import { startRedisServer } from '../../scripts/lib/redis-server.mjs';
import { createSupervisor } from '../../scripts/lib/supervised.mjs';
import { tried } from '../support/tried.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MINUTES = 3 * 60_000; // the mirror of the packages decides
const PROGRAM = `import(process.argv[1]).then((m) => m.ensureRedisPackage(process.argv.slice(2)))
  .then((path) => console.log('got ' + path), (error) => { console.error(error.message); process.exitCode = 1; });`;

/** What redis-server needs beside libc; taken out of the list of installed packages, apt fetches it too. */
const LIBRARIES = /^Package: (redis-.*|lib(jemalloc2|lzf1|lua5.1-0|hiredis.*)|lua-.*)$/m;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairshare-redis-package-'));
  chmodSync(folder, 0o777); // another user works in it
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Elsewhere there is no package to unpack: the start says what to install.
const onDebian = hasApt() ? describe : describe.skip;

onDebian('a machine without Redis, on Debian or Ubuntu', () => {
  it(
    'gets one without root, which starts again without a network',
    async () => {
      const data = join(folder, 'data');
      const path = await ensure(data, { APT_CONFIG: bareSystem() });
      expect(path).toBe(join(data, 'redis-server', 'redis-server'));
      expect(readFileSync(path, 'utf8')).toContain('/usr/lib');
      expect(await ensure(data, { PATH: shellOnly() })).toBe(path);
      expect(await scriptsRunOn(path)).toBe('{"units":2}');
      expect(readdirSync(data)).toEqual(['redis-server']);
      tried('defaults redis', 3);
    },
    MINUTES,
  );

  it(
    'is not fooled by a download that was cut off, nor by a program that is damaged',
    async () => {
      const data = join(folder, 'data');
      const cut = join(data, 'redis-server.new-cut');
      mkdirSync(join(cut, 'root'), { recursive: true });
      chmodSync(cut, 0o777); // as the user of the other process would have left it
      await killedHalfway(join(folder, 'killed'));
      for (const [place, damage] of [
        [data, () => truncateSync(join(data, 'redis-server', 'root', 'usr', 'bin', 'redis-check-rdb'), 4096)],
        [join(folder, 'killed'), () => undefined],
      ] as const) {
        damage();
        const path = await ensure(place);
        expect(await scriptsRunOn(path)).toBe('{"units":2}');
        expect(readdirSync(place)).toEqual(['redis-server']);
        tried('defaults redis', 1);
      }
    },
    MINUTES,
  );

  it('says what is needed where the packages cannot be had', async () => {
    const config = join(folder, 'no-sources.conf');
    writeFileSync(config, 'Dir::Etc::SourceList "/dev/null"; Dir::Etc::SourceParts "/dev/null";\n');
    await expect(ensure(join(folder, 'nothing'), { APT_CONFIG: config })).rejects.toThrow(
      /redis-server or valkey-server ≥ 7 on PATH, or REDIS_URL/,
    );
    expect(readdirSync(join(folder, 'nothing'))).toEqual([]);
    tried('defaults redis', 1);
  });
});

describe('a machine without Redis and without apt', () => {
  it('is told what to install', async () => {
    const program = `import(process.argv[1]).then((m) => m.ensureRedisBinary()).catch((error) => console.log(error.message))`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['-e', program, join(root, 'scripts', 'lib', 'redis-server.mjs')],
      { env: { PATH: shellOnly(), FAIRSHARE_REDIS: 'private' } },
    );
    expect(stdout).toMatch(
      /No redis-server or valkey-server ≥ 7 on PATH\. Install one with: .+\nOr set REDIS_URL/,
    );
    tried('defaults redis', 1);
  });
});

/** Asks for the package as a user without rights, where we are root; gives the path of the program. */
async function ensure(place: string, env: Record<string, string> = {}): Promise<string> {
  const [command, ...args] = commandFor(place);
  const { stdout } = await promisify(execFile)(command!, args, { cwd: '/', env: { ...process.env, ...env } });
  return /^got (.*)$/m.exec(stdout)![1]!;
}

function commandFor(place: string): string[] {
  const own = [process.execPath, '-e', PROGRAM, join(root, 'scripts', 'lib', 'redis-package.mjs'), place];
  const nobody = ['/usr/bin/setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'];
  return process.getuid!() === 0 ? [...nobody, ...own] : own;
}

/** Starts a download and ends it with -9 as soon as it has written something. */
async function killedHalfway(place: string): Promise<void> {
  const [command, ...args] = commandFor(place);
  const child = spawn(command!, args, { cwd: '/', detached: true, stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const begun = () => existsSync(place) && readdirSync(place).some((name) => name.includes('.new-'));
  while (!begun()) await new Promise((resolve) => setTimeout(resolve, 5));
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
}

/** A system like this one that has neither Redis nor its libraries. */
function bareSystem(): string {
  const status = join(folder, 'status');
  const packages = readFileSync('/var/lib/dpkg/status', 'utf8').split('\n\n');
  writeFileSync(status, packages.filter((one) => !LIBRARIES.test(one)).join('\n\n'));
  const config = join(folder, 'bare.conf');
  writeFileSync(config, `Dir::State::status "${status}";\n`);
  return config;
}

/** A PATH with what the launcher needs, and without apt. */
function shellOnly(): string {
  const path = join(folder, 'bin');
  if (!existsSync(path)) {
    mkdirSync(path);
    writeFileSync(join(path, 'dirname'), '#!/bin/sh\nexec /usr/bin/dirname "$@"\n', { mode: 0o755 });
  }
  return path;
}

/** What a Lua script answers that needs the libraries of the package. */
async function scriptsRunOn(binary: string): Promise<unknown> {
  const supervisor = createSupervisor();
  const dir = mkdtempSync(join(tmpdir(), 'fairshare-unpacked-'));
  await supervisor.removeAtEnd(dir);
  try {
    const { url } = await startRedisServer({ supervisor, binary, dir, args: ['--save', ''] });
    const client = connectRedis({ url });
    await redisReady(client, 5_000);
    const answer = await client.eval('return cjson.encode({ units = bit.bor(2, 0) })', 0);
    await closeRedis(client);
    return answer;
  } finally {
    await supervisor.end();
  }
}
