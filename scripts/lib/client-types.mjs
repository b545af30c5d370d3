import { readFileSync } from 'node:fs';
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript';
import { inProject } from './paths.mjs';

/** Where the types of the client are kept. */
export const CLIENT_TYPES = inProject('libs', 'client', 'src', 'schema.ts');

/** The types of every path, body and answer of docs/openapi.json, as TypeScript. */
export async function clientTypes() {
  const document = JSON.parse(readFileSync(inProject('docs', 'openapi.json'), 'utf8'));
  return `${COMMENT_HEADER}${astToString(await openapiTS(document))}`;
}
