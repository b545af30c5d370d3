import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const MAX_INCLUDES = 5;
const COMMENT = /--.*$/;
const INCLUDE = /^--\s*@include\s+(\S+)\s*$/;
const CONSTANT = /^local [A-Z][A-Z0-9_]* <const> = /;

/** Names of what has named values: a digit or a letter compared with one says nothing to a reader. */
const NAMED = '(?:kinds?|status|state|outcome|code|place|what|found)';
const COMPARED = new RegExp(
  `\\b${NAMED}(?:\\[\\w+\\])?\\s*(?:==|~=|<=|>=|<|>)\\s*(?:\\d|'.{1,2}')|(?:\\d|'.')\\s*(?:==|~=)\\s*(?:\\w+\\.)?${NAMED}\\b`,
);
const ASSIGNED = new RegExp(`(?<!\\w)(?:\\w+\\.)?(?:kind|state|status|outcome)\\s*=\\s*\\d`);
const FORMAT = /struct\.(?:un)?pack\('[<>](?:[BdI]\d?){4,}/;

/** Each place in the Lua files below a folder at which a rule is broken. */
export function brokenLuaRules(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.lua'))
    .map((path) => join(folder, path))
    .flatMap((path) => brokenIn(path, readFileSync(path, 'utf8'), folder));
}

/** The rules for one file. */
export function brokenIn(path, text, folder = dirname(path)) {
  const lines = text.split('\n');
  const broken = [];
  const breaks = (index, rule) => broken.push({ path, line: index + 1, rule });
  const includes = lines.flatMap((line) => INCLUDE.exec(line)?.[1] ?? []);
  if (includes.length > MAX_INCLUDES) {
    breaks(
      0,
      `has ${includes.length} includes: a shared file includes what it needs itself (at most ${MAX_INCLUDES})`,
    );
  }
  lines.forEach((line, index) => {
    const code = line.replace(COMMENT, '');
    if (COMPARED.test(code)) breaks(index, 'compares a kind or a state with a bare value: give it a name');
    if (ASSIGNED.test(code)) breaks(index, 'sets a kind or a state to a bare number: give it a name');
    if (FORMAT.test(code) && !CONSTANT.test(code) && !isRecord(path, folder)) {
      breaks(index, 'spells the layout of a record: its home is a file in records/');
    }
  });
  return broken;
}

function isRecord(path, folder) {
  return path.slice(folder.length).includes('/records/');
}
