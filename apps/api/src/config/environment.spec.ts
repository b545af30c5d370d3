import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { environmentVariables, parseEnvironment } from './environment.js';

const MINIMUM = {
  DATABASE_URL: 'postgresql://localhost/x',
  REDIS_URL: 'redis://localhost',
  ADMIN_API_KEY: 'k3v9-Zq7x-Lw2m-Tn8c',
};

describe('the environment', () => {
  it('has a default for everything but the servers and the admin key', () => {
    expect(parseEnvironment(MINIMUM)).toMatchObject({
      HOST: '127.0.0.1',
      PORT: 8000,
      QUOTA_CACHE_TTL_MS: 60_000,
    });
  });

  it('names every variable that is wrong, in one error, and repeats no secret', () => {
    const boot = () =>
      parseEnvironment({ REDIS_URL: 'http://secret@x', ADMIN_API_KEY: 'short', QUOTA_CACHE_TTL_MS: 'abc' });
    expect(boot).toThrow('QUOTA_CACHE_TTL_MS must be an integer from 1 to 600000, got "abc"');
    expect(boot).toThrow('DATABASE_URL must be set');
    expect(boot).toThrow('ADMIN_API_KEY must be at least 16 characters');
    expect(boot).not.toThrow(/secret|short/);
  });

  it('believes X-Tenant-ID beyond loopback only when told to', () => {
    expect(() => parseEnvironment({ ...MINIMUM, HOST: '0.0.0.0' })).toThrow('TRUST_TENANT_HEADER');
    expect(parseEnvironment({ ...MINIMUM, HOST: '0.0.0.0', TRUST_TENANT_HEADER: 'true' }).HOST).toBe(
      '0.0.0.0',
    );
  });

  it('is described whole, with its defaults, by .env.example', () => {
    const text = readFileSync('.env.example', 'utf8');
    const lines = [...text.matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm)].map(
      ([, name, value]) => [name!, value!] as const,
    );
    expect(lines.map(([name]) => name).sort()).toEqual(Object.keys(environmentVariables).sort());
    const stated = Object.fromEntries(lines.filter(([name]) => !(name in MINIMUM)));
    expect(parseEnvironment({ ...MINIMUM, ...stated })).toEqual(parseEnvironment(MINIMUM));
  });
});
