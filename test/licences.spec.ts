import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { LICENCES, licencesPage, productionLicences } from '../scripts/lib/licences.mjs';

describe('the licences of what production installs', () => {
  it('are permissive', () => {
    const { list, refused } = productionLicences();
    expect(list.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['@nestjs/core', 'ioredis', 'fastify']),
    );
    expect(refused).toEqual([]);
  });

  it('are listed in docs/licences.md: npm run licences', async () => {
    expect(await readFile(LICENCES, 'utf8')).toBe(licencesPage());
  });
});
