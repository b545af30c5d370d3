import { editsBetween } from 'fairshare/quota';

/** Variables that start so are ours; scripts have some beside the service's. */
const OUR_PREFIX = 'FAIRSHARE_';
const OF_THE_SCRIPTS = [
  'FAIRSHARE_DATA_DIR',
  'FAIRSHARE_REDIS',
  'FAIRSHARE_NO_INSTALL',
  'MIGRATION_DATABASE_URL',
];
/** Those of the tests, and those that Kubernetes makes of a Service named fairshare. */
const NOT_SETTINGS = /^FAIRSHARE_(TEST_.*|SERVICE_(HOST|PORT.*)|PORT(_\d+_.*)?)$/;

export interface Misspelt {
  readonly name: string;
  /** The variable that was probably meant. */
  readonly meant: string | undefined;
}

/** The variables that nobody reads, and that look as if we should: ours by prefix, or nearly the name of one we know. */
export function misspeltVariables(
  source: Readonly<Record<string, string | undefined>>,
  variables: readonly string[],
): Misspelt[] {
  const known = [...variables, ...OF_THE_SCRIPTS];
  const read = new Set([...known, ...known.map((name) => `${name}_FILE`)]);
  return Object.keys(source)
    .filter((name) => !read.has(name) && !NOT_SETTINGS.test(name))
    .map((name) => ({ name, meant: known.find((candidate) => isNear(name.toUpperCase(), candidate)) }))
    .filter(({ name, meant }) => meant !== undefined || name.toUpperCase().startsWith(OUR_PREFIX));
}

/** One or two slips of the finger (one in a short name), a word left out or added, or our prefix before the name. */
function isNear(name: string, known: string): boolean {
  const slips = known.length < 6 ? 1 : 2;
  if (Math.abs(name.length - known.length) <= slips && editsBetween(name, known) <= slips) return true;
  if (name === OUR_PREFIX + known) return true;
  const [words, knownWords] = [name.split('_'), known.split('_')];
  if (Math.min(words.length, knownWords.length) < 2) return false;
  const [fewer, more] = words.length < knownWords.length ? [words, knownWords] : [knownWords, words];
  return more.length - fewer.length === 1 && isWithin(fewer, more);
}

/** Whether the words stand in the other ones, in order. */
function isWithin(fewer: readonly string[], more: readonly string[]): boolean {
  let next = 0;
  for (const word of more) if (word === fewer[next]) next++;
  return next === fewer.length;
}
