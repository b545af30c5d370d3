/** Longer names have one spelling: the work per name stays small. */
const LONGEST_NAME = 256;

const MONTH = '(?:0[1-9]|1[0-2])';
const DAY = '(?:0[1-9]|[12]\\d|3[01])';
/** `-2024-08-06`, `@20240806`, `-0613` (month and day), `-2407` (year and month), `-001`, `-latest`. */
const SNAPSHOT = new RegExp(
  `[-@](?:20\\d\\d-${MONTH}-${DAY}|20\\d\\d${MONTH}${DAY}|${MONTH}${DAY}|2[3-9]${MONTH}|0\\d\\d|latest)$`,
);

/**
 * The names under which a model may be known, the nearest first: as written, without provider (up to the last `/`), in
 * lower case, then without its date or snapshot suffix, one suffix after the other. The last one is the plainest.
 */
export function spellingsOf(model: string): readonly [string, ...string[]] {
  if (model.length > LONGEST_NAME) return [model];
  const spellings = [model, withoutProvider(model)];
  let full = model.toLowerCase();
  for (;;) {
    spellings.push(full, withoutProvider(full));
    const shorter = full.replace(SNAPSHOT, '');
    if (shorter === full || withoutProvider(shorter) === '') break;
    full = shorter;
  }
  const [first = model, ...others] = new Set(spellings.filter((spelling) => spelling !== ''));
  return [first, ...others];
}

function withoutProvider(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1);
}
