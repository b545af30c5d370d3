import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startApi, type TestApi } from './support/api.js';
import { Contract } from './support/conformance.js';

const ANNOUNCED = /^# ([A-Z]+ \/\S*) → (\d+)$/gm;
/** Every call of the page also tells its status, on the other stream. */
const TELLING_CURL = `curl() { command curl --fail-early -S -w '%{stderr}status %{http_code}\\n' "$@"; }`;

let api: TestApi;
let blocks: string;

beforeAll(async () => {
  api = await startApi();
  const page = await readFile('docs/api.md', 'utf8');
  blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
});
afterAll(() => api.close());

describe('docs/api.md', () => {
  it('has every operation of the contract, and no other', () => {
    const { paths } = new Contract().document;
    const operations = Object.entries(paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const announced = new Set([...blocks.matchAll(ANNOUNCED)].map(([, operation]) => operation));
    expect([...announced].sort()).toEqual(operations.sort());
  });

  it('does what it says, pasted into a shell from top to bottom', async () => {
    const env = { ...process.env, BASE: api.url, ADMIN_KEY };
    const script = `set -eu\n${TELLING_CURL}\n${blocks}`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { env, timeout: 25_000 });
    const seen = [...stderr.matchAll(/^status (\d+)$/gm)].map(([, status]) => status);
    const said = [...blocks.matchAll(ANNOUNCED)].map(([, operation, status]) => `${operation} → ${status}`);
    expect(said.map((line, n) => line.replace(/\d+$/, seen[n] ?? 'nothing'))).toEqual(said);
    expect(seen.length).toBe(said.length);
    expect(stdout).toContain('event: result');
  });
});
