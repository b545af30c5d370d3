/** Words, names and rows of keys that whoever guesses tries first. */
const WORDS = (
  'password passwort passwd admin administrator root operator secret supersecret key apikey token test testing default ' +
  'changeme change fairshare letmein welcome login user username guest master service server system public private local ' +
  'localhost redis postgres database docker example demo sample dummy hello world qwerty qwertz azerty iloveyou monkey ' +
  'dragon football baseball sunshine princess shadow superman batman trustno access please this that the your here some ' +
  'insert replace long enough random string secure security company openai tenant quota queue sixteen character ' +
  'production staging development qwertyuiop asdfghjkl zxcvbnm 1234567890 0987654321 poiuytrewq lkjhgfdsa mnbvcxz'
)
  .split(' ')
  .flatMap((word) => (/^(qwer|asdf|zxcv|1234|0987|poiu|lkjh|mnbv)/.test(word) ? partsOf(word) : [word]))
  .sort((a, b) => b.length - a.length);

const LEET: Record<string, string> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

const BITS_OF_A_PATTERN = 4;
const SHORTEST_RUN = 3;

/**
 * How many bits a secret has for whoever knows how people choose secrets: a word, a run (`abc`, `321`, `aaa`) and the
 * repeat of something before it count 4 bits each; every other character counts by how many different ones there are.
 */
export function unguessableBits(text: string): number {
  const lower = text.toLowerCase();
  const plain = [...lower].map((character) => LEET[character] ?? character).join('');
  let patterns = 0;
  let rest = '';
  for (let at = 0; at < lower.length;) {
    const length = Math.max(wordAt(lower, at), wordAt(plain, at), runAt(lower, at), repeatAt(lower, at));
    if (length > 0) patterns++;
    else rest += text[at];
    at += Math.max(1, length);
  }
  return patterns * BITS_OF_A_PATTERN + rest.length * Math.log2(Math.max(1, new Set(rest).size));
}

function wordAt(text: string, at: number): number {
  return WORDS.find((word) => text.startsWith(word, at))?.length ?? 0;
}

/** The length of a run of characters that go up by one, down by one, or stay. */
function runAt(text: string, at: number): number {
  const step = text.charCodeAt(at + 1) - text.charCodeAt(at);
  if (!(Math.abs(step) <= 1)) return 0;
  let end = at + 1;
  while (text.charCodeAt(end) - text.charCodeAt(end - 1) === step) end++;
  return end - at >= SHORTEST_RUN ? end - at : 0;
}

/** The length of what stands here and stood before, as in `abcabcabc`. */
function repeatAt(text: string, at: number): number {
  let length = 0;
  while (at + length < text.length && text.indexOf(text.slice(at, at + length + 1)) < at) length++;
  return length >= SHORTEST_RUN ? length : 0;
}

/** Every part of a row of keys from four keys on. */
function partsOf(row: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < row.length; start++) {
    for (let end = start + 4; end <= row.length; end++) parts.push(row.slice(start, end));
  }
  return parts;
}
