import { readFileSync } from 'node:fs';
import { Advice } from '../../scripts/lib/log.mjs';

const COLUMNS = ['t', 'client', 'in', 'out'];

/**
 * Reads a trace: CSV with the columns t (seconds, in any order), client (any name), in and out (tokens).
 * Gives {arrivals, names, seconds}. A row that is wrong is an error with its line number.
 */
export function readTrace(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Advice(`The trace cannot be read: ${error.message}`);
  }
  return parseTrace(text, path);
}

export function parseTrace(text, path = 'trace') {
  const [head, ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const columns = head.split(',').map((name) => name.trim());
  const missing = COLUMNS.filter((name) => !columns.includes(name));
  if (missing.length > 0) {
    throw new Advice(
      `${path}:1: the first line must name the columns ${COLUMNS.join(', ')}; missing: ${missing.join(', ')}`,
    );
  }
  const names = [];
  const indexOf = new Map();
  const arrivals = [];
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const at = `${path}:${index + 2}`;
    const cells = line.split(',').map((cell) => cell.trim());
    if (cells.length !== columns.length) {
      throw new Advice(`${at}: ${cells.length} cells where the first line names ${columns.length} columns`);
    }
    const row = Object.fromEntries(columns.map((name, column) => [name, cells[column]]));
    if (row.client === '') throw new Advice(`${at}: client is empty`);
    if (!indexOf.has(row.client)) indexOf.set(row.client, names.push(row.client) - 1);
    arrivals.push({
      atS: number(row.t, { name: 't', at, least: 0 }),
      client: indexOf.get(row.client),
      input: number(row.in, { name: 'in', at, least: 0, whole: true }),
      output: number(row.out, { name: 'out', at, least: 1, whole: true }),
    });
  });
  if (arrivals.length === 0) throw new Advice(`${path}: no requests in it`);
  arrivals.sort((left, right) => left.atS - right.atS);
  return { arrivals, names, seconds: Math.ceil(arrivals.at(-1).atS) };
}

function number(text, { name, at, least, whole = false }) {
  const value = text === '' ? NaN : Number(text);
  if (Number.isFinite(value) && value >= least && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? 'a whole number' : 'a number';
  throw new Advice(`${at}: ${name} must be ${kind} of ${least} or more, got ${JSON.stringify(text)}`);
}
