import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Advice, say } from './log.mjs';

/** Parses the command line; `--help` prints and gives undefined. A wrong option is an error that says which. */
export function parseOptions(help, options) {
  const known = { help: { type: 'boolean', short: 'h' }, json: { type: 'string' }, ...options };
  try {
    const { values } = parseArgs({ options: known });
    if (!values.help) return values;
    say(help);
    return undefined;
  } catch (error) {
    throw new Advice(`${error.message}\n\n${help}`);
  }
}

/** Writes the figures where `--json FILE` says. */
export function writeJson(path, figures) {
  if (!path) return;
  writeFileSync(path, `${JSON.stringify(figures, null, 2)}\n`);
  say(`figures written to ${path}`);
}
