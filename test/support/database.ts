import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { FaultProxy } from './fault-proxy.js';

export interface TestDatabase {
  /** `postgresql://…` of a database that nobody else uses, with all migrations applied. */
  readonly url: string;
  /** Removes it, and ends the connections that are still open. */
  drop(): Promise<void>;
}

/** A fresh, migrated database on the test server, a copy of its template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE fairshare_template`);
  return {
    url: databaseUrl(name),
    drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

/** A proxy that misbehaves on request before the server of a database, and the database's URL through it. */
export async function databaseProxy(
  url: string,
): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
  const proxied = new URL(url);
  const socketDir = proxied.searchParams.get('host');
  const port = Number(proxied.port || 5_432);
  const target = socketDir ? { path: `${socketDir}/.s.PGSQL.${port}` } : { host: proxied.hostname, port };
  const proxy = new FaultProxy(target);
  proxied.searchParams.delete('host');
  proxied.hostname = '127.0.0.1';
  proxied.port = String(await proxy.start());
  return { proxy, url: proxied.href };
}

function databaseUrl(name: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${name}`;
  return url.href;
}

function serverUrl(): string {
  const url = process.env['FAIRSHARE_TEST_DATABASE_URL'];
  if (!url) throw new Error('FAIRSHARE_TEST_DATABASE_URL is not set: run the tests with npm test');
  return url;
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl('postgres') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
