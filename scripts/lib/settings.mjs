// Imported also before anything is installed: only Node's own modules may be imported here.
import { existsSync, readFileSync } from 'node:fs';
import { inProject } from './paths.mjs';

/** What is better in a file than in the environment: `ADMIN_API_KEY_FILE=/run/secrets/key` is as good as the key. */
export const SECRETS = [
  'ADMIN_API_KEY',
  'DATABASE_URL',
  'MIGRATION_DATABASE_URL',
  'REDIS_URL',
  'OPENAI_API_KEY',
  'JWT_SECRET',
  'JWT_JWKS_URL',
];

/**
 * The settings of this process: the environment, then what a file .env in the project's folder adds, with the secrets
 * that files hold. Whatever serves, migrates or talks to a server asks this function and no other. Changes process.env, so that children see the same.
 */
export function readSettings() {
  if (existsSync(inProject('.env'))) process.loadEnvFile(inProject('.env'));
  Object.assign(process.env, withSecretFiles(process.env));
  for (const name of SECRETS) delete process.env[`${name}_FILE`];
  return process.env;
}

/** A copy in which every `NAME_FILE` of a secret has become `NAME`; throws which file cannot be read, or is one too many. */
export function withSecretFiles(source) {
  const settings = { ...source };
  for (const name of SECRETS) {
    const path = settings[`${name}_FILE`]?.trim();
    delete settings[`${name}_FILE`];
    if (!path) continue;
    if (settings[name]?.trim()) throw new Error(`${name} and ${name}_FILE are both set: unset one of them`);
    settings[name] = secretIn(path, name);
  }
  return settings;
}

function secretIn(path, name) {
  let secret;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`${name}_FILE is ${path}, which cannot be read (${error.code})`, { cause: error });
  }
  if (!secret) throw new Error(`${name}_FILE is ${path}, which is empty`);
  return secret;
}
