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

/**
 * A whole number of `least` or more out of the command line, in plain digits (0x10, 1e2 and +5 are none); an Advice that
 * names the option where it is none.
 */
export function wholeNumber(values, name, least = 1) {
  const text = String(values[name]);
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new Advice(`--${name} must be a whole number of ${least} or more, got ${text}`);
}

/** Writes the figures where `--json FILE` says. */
export function writeJson(path, figures) {
  if (!path) return;
  writeFileSync(path, `${JSON.stringify(figures, null, 2)}\n`);
  say(`figures written to ${path}`);
}
