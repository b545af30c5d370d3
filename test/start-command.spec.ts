import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commandLine } from '../scripts/lib/processes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const ENTERPRISE_COST_UNITS = /"limit": ?1000000\b/;
const UP_MS = 120_000; // the first start may have to build

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves with what was printed, once `text` is in it; rejects if the process ends before. */
  until(text: string): Promise<string>;
  readonly ended: Promise<number | null>;
}

let folder: string;
let running: Running[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairshare-start-'));
  running = [];
});

afterEach(async () => {
  for (const { child, ended } of running) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

describe('npm start', () => {
  it(
    'serves what it prints, keeps it between starts, recovers from kill -9, and leaves no process behind',
    async () => {
      const first = start();
      const curls = (await first.until('Try:')).split('\n').filter((line) => line.startsWith('curl '));
      expect(curls).toHaveLength(3);
      for (const curl of curls) expect(await paste(`${curl} -w '\\n%{http_code}'`)).toMatch(/\n200$/);

      expect(statSync(join(folder, 'admin-key')).mode & 0o777).toBe(0o600);
      const adminKey = readFileSync(join(folder, 'admin-key'), 'utf8');
      const processes = startedProcesses();
      expect(Object.keys(processes).sort()).toEqual(['api', 'postgres', 'redis', 'supervisor']);

      const twin = start();
      expect(await twin.ended).toBe(1);
      expect(twin.output()).toContain('runs already');

      first.child.kill('SIGKILL');
      await first.ended;
      const second = start();
      const printed = await second.until('Try:');
      expect(aliveOf(processes)).toEqual([]);
      expect(readFileSync(join(folder, 'admin-key'), 'utf8')).toBe(adminKey);
      const status = `curl -s ${urlIn(printed)}/quota/status -H 'X-Tenant-ID: tenant_123'`;
      expect(await paste(status)).toMatch(ENTERPRISE_COST_UNITS); // the change of tier is still there

      const others = startedProcesses();
      second.child.kill('SIGTERM');
      expect(await second.ended).toBe(0);
      expect(aliveOf(others)).toEqual([]);
      expect(existsSync(join(folder, 'running.json'))).toBe(false);
    },
    2 * UP_MS,
  );

  it(
    'starts a server again that dies, and keeps serving',
    async () => {
      const one = start();
      const url = urlIn(await one.until('Try:'));
      process.kill(startedProcesses()['redis']!, 'SIGKILL');
      await one.until('redis ended by itself (SIGKILL): starting it again');
      await untilOk(`${url}/health/ready`);
    },
    UP_MS,
  );

  it(
    'says that a port it was told to use is taken, and starts nothing',
    async () => {
      const one = start();
      const { port } = new URL(urlIn(await one.until('Try:')));
      const other = start({ PORT: port, FAIRSHARE_DATA_DIR: join(folder, 'other') });
      expect(await other.ended).toBe(1);
      expect(other.output()).toContain(`PORT ${port} of 127.0.0.1 is taken`);
    },
    UP_MS,
  );

  it('explains itself, and refuses what it does not know', async () => {
    const help = run(['--help'], {});
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain('FAIRSHARE_DATA_DIR');
    expect(await run(['--nonsense'], {}).ended).toBe(1);
  });
});

function start(env: Record<string, string> = {}): Running {
  return run([], { FAIRSHARE_DATA_DIR: folder, PORT: '0', ...env });
}

/** Runs scripts/start.mjs as a user's shell would, without the variables of this test run. */
function run(args: string[], env: Record<string, string>): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: root,
    env: { PATH, HOME, ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const until = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => output.includes(text) && output.endsWith('\n') && resolve(output);
      child.stdout.on('data', look);
      look();
      void ended.then(() => reject(new Error(`ended before it printed "${text}":\n${output}`)));
    });
  const process_ = { child, output: () => output, until, ended };
  running.push(process_);
  return process_;
}

async function paste(line: string): Promise<string> {
  return (await promisify(execFile)('bash', ['-c', line], { cwd: tmpdir() })).stdout;
}

function urlIn(output: string): string {
  return /ready at (\S+)/.exec(output)![1]!;
}

/** The process ids by name, as the run has noted them. */
function startedProcesses(): Record<string, number> {
  const record = JSON.parse(readFileSync(join(folder, 'running.json'), 'utf8')) as {
    supervisor: { pid: number };
    processes: Record<string, { pid: number }>;
  };
  const all = Object.entries({ ...record.processes, supervisor: record.supervisor });
  return Object.fromEntries(all.map(([name, { pid }]) => [name, pid]));
}

function aliveOf(processes: Record<string, number>): string[] {
  return Object.keys(processes).filter((name) => commandLine(processes[name]!) !== '');
}

/** Asks until the answer is 2xx; the time-out of the test bounds it. */
async function untilOk(url: string): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))?.ok);
}
