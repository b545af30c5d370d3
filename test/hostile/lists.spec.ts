import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { ADMIN_KEY, startApi, type TestApi } from '../support/api.js';
import { routesOf } from '../support/routes.js';
import { logSql, type SqlLog } from '../support/sql-log.js';
import { tried } from '../support/tried.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['apps/api/src', 'libs'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !/\.spec\.ts$|generated|node_modules/.test(path))
    .map((path) => join(folder, path)),
);
const IDENTITIES: readonly Record<string, string>[] = [
  { 'x-tenant-id': 'tenant_test' },
  { 'x-admin-key': ADMIN_KEY },
];
// All columns of a subquery, or of unnest, are those that it names.
const EVERYTHING =
  /\b(?:SELECT|RETURNING)\s+(?:DISTINCT\s+)?(?:"?\w+"?\.)?\*(?!\s+FROM (?:unnest)?\()|,\s*"?\w+"?\.\*\s/i;

/** Each place in our sources that fits, as `file:line`. */
function places(fits: (node: ts.Node) => boolean): string[] {
  const found: string[] = [];
  for (const path of SOURCES) {
    const file = ts.createSourceFile(
      path,
      readFileSync(join(root, path), 'utf8'),
      ts.ScriptTarget.Latest,
      true,
    );
    const visit = (node: ts.Node): void => {
      if (fits(node)) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

function isRead(node: ts.Node): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    node.expression.name.text === 'findMany'
  );
}

function namesColumns({ arguments: [query] }: ts.CallExpression): boolean {
  if (!query || !ts.isObjectLiteralExpression(query)) return false;
  return query.properties.some((one) => one.name !== undefined && one.name.getText() === 'select');
}

describe('a list', () => {
  it('names the columns that it reads, wherever rows are read', () => {
    const reads = places(isRead);
    expect(reads.length).toBeGreaterThan(15);
    expect(places((node) => isRead(node) && !namesColumns(node))).toEqual([]);
    const isText = (node: ts.Node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
    expect(places((node) => isText(node) && EVERYTHING.test(node.getText()))).toEqual([]);
    tried('list', reads.length);
  });
});

describe('every list route', () => {
  let api: TestApi;
  let sql: SqlLog;
  beforeAll(async () => {
    sql = logSql();
    api = await startApi({ WORKER: 'off', FREE_REQUEST_LIMITS: 'false' });
  });
  afterAll(async () => {
    sql.stop();
    await api.close();
  });

  it('reads no secret, no version, and no payload or result', async () => {
    const lists = routesOf().filter(({ method, path }) => method === 'GET' && !path.endsWith('}'));
    expect(lists.length).toBeGreaterThan(15);
    // The first answers of a process fill its memory.
    for (const clear of [true, false]) {
      for (const { path } of lists) {
        for (const headers of IDENTITIES) {
          const url = api.url + path.replaceAll(/\{[^}]+\}/g, 'tenant_test');
          await (await fetch(url, { headers })).arrayBuffer();
        }
      }
      if (clear) sql.clear();
    }
    const reads = sql.statements().filter((text) => /^SELECT .* FROM .*ORDER BY/is.test(text));
    expect(reads.length).toBeGreaterThan(5);
    for (const text of reads)
      expect(text.split(/\bFROM\b/)[0]).not.toMatch(/"(?:hash|key_hash|payload|result|version)"/);
    tried('list', lists.length);
  });
});
