import { describe, expect, it } from '@jest/globals';
import { tried } from '../../../../test/support/tried.js';
import { environmentVariables } from './environment.js';
import { misspeltVariables } from './misspelt.js';

const names = Object.keys(environmentVariables);
const meantBy = (name: string) => misspeltVariables({ [name]: 'x' }, names)[0];

describe('misspelt variables', () => {
  it.each([
    ['QUOTA_CACHE_TTL', 'QUOTA_CACHE_TTL_MS'],
    ['REDIS_URI', 'REDIS_URL'],
    ['MAX_TOTAL_QUEUE_SIZ', 'MAX_TOTAL_QUEUE_SIZE'],
    ['ADMIN_KEY', 'ADMIN_API_KEY'],
    ['DATABSAE_URL', 'DATABASE_URL'],
    ['quota_deadline_ms', 'QUOTA_DEADLINE_MS'],
    ['FAIRSHARE_PORT_NUMBER', undefined],
    ['FAIRSHARE_ADMIN_API_KEY', 'ADMIN_API_KEY'],
    ['LOGLEVEL', 'LOG_LEVEL'],
  ])('are named with what was meant: %s', (name, meant) => {
    expect(meantBy(name)).toEqual({ name, meant });
    tried('defaults settings', 1);
  });

  it('are found for every variable: with a letter lost, doubled or swapped, or in lower case', () => {
    let inputs = 0;
    for (const name of names) {
      const at = name.length >> 1;
      for (const wrong of [
        name.slice(0, at) + name.slice(at + 1),
        name.slice(0, at) + name[at] + name.slice(at),
        name.toLowerCase(),
      ]) {
        if (names.includes(wrong)) continue;
        expect([wrong, meantBy(wrong)?.name]).toEqual([wrong, wrong]);
        inputs++;
      }
    }
    tried('defaults settings', inputs);
  });

  it('are not what a shell, npm, Kubernetes or our own tests set', () => {
    const usual =
      'PATH HOME HOST HOSTNAME PWD OLDPWD SHELL TERM LANG USER LOGNAME SHLVL TZ CI NODE_ENV NODE_OPTIONS PGHOST PGPORT ' +
      'EDITOR MAIL LS_COLORS TMPDIR npm_execpath npm_config_cache KUBERNETES_PORT FAIRSHARE_PORT FAIRSHARE_SERVICE_HOST ' +
      'FAIRSHARE_PORT_8000_TCP FAIRSHARE_TEST_REDIS_URL ADMIN_API_KEY_FILE FAIRSHARE_DATA_DIR';
    const source = Object.fromEntries(usual.split(' ').map((name) => [name, 'x']));
    expect(misspeltVariables(source, names)).toEqual([]);
  });
});
