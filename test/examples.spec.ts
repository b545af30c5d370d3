import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { exampleNames, inExample } from '../scripts/lib/examples.mjs';

const run = promisify(execFile);

describe('each folder in examples/', () => {
  it.each(exampleNames())(
    '%s prints what its README says',
    async (name) => {
      const { stdout } = await run(process.execPath, ['scripts/example.mjs', name]);
      const expected = await readFile(inExample(name, 'expected.txt'), 'utf8');
      expect(stdout).toBe(expected);
      expect(await readFile(inExample(name, 'README.md'), 'utf8')).toContain(`\`\`\`\n${expected}\`\`\``);
    },
    180_000,
  );
});
