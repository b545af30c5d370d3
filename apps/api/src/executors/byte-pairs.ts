import { setImmediate as nextTurn } from 'node:timers/promises';

// Looking up a global is slow in a context of node:vm, as Jest's are; and these are the inner loops.
const { clz32, imul, min } = Math;

/** Most characters that are looked at in one go; all working memory is sized by it. */
const MOST_CHARACTERS = 512;
/** A character of JavaScript is at most three bytes of UTF-8; a pair of two is four. */
const MOST_BYTES = 3 * MOST_CHARACTERS;
/** Of two million cuts at random places in adversarial runs, none made the sum smaller by more than this. */
const HIDDEN_BY_CUT = 2;
const FACTOR = 0x01000193;
const OTHER_FACTOR = 0x2c1b3c6d;
const SLOT_FACTOR = 0x9e3779b1;
/** A merge is its rank and its place in one number: ranks end before 2^18, places before 2^11. */
const POSITION_BITS = 11;
const NO_RANK = -1;
const NOTHING = 0x7fffffff;
const SLOT_SIZE = 4;
/** The memory of which tokens there may be has so many bits: it fits where the processor reads fastest. */
const MAY_BE_BITS = 21;
/** So many pieces are counted in one turn of the event loop, some milliseconds at most. */
const PIECES_IN_TURN = 32;
/** What stands for half of a pair. */
const REPLACEMENT = 0xfffd;

/** The tokens of an encoding, each as text or, where its bytes are no text, as bytes; a token's place is its rank. */
export type Ranks = readonly (string | readonly number[] | undefined)[];

/**
 * Counts the tokens of an encoding of byte pairs in time that hardly depends on the text: a tournament finds the
 * next pair to merge, and a rolling hash names any run of bytes without copying it. gpt-tokenizer's own counter takes up to fifty
 * times as long for text without known words, which would hold up everybody else.
 */
export class BytePairs {
  readonly #split: RegExp;
  readonly #tokens: TokenTable;
  readonly #text = new HashedText();
  readonly #next = new Int32Array(MOST_BYTES + 1);
  readonly #previous = new Int32Array(MOST_BYTES + 1);
  readonly #merges = new Tournament(MOST_BYTES);

  constructor(ranks: Ranks, split: RegExp) {
    this.#split = new RegExp(split);
    this.#tokens = new TokenTable(ranks);
  }

  /** Tokens of the text; see `counts`. */
  count(text: string): number {
    let sum = 0;
    for (const count of this.counts(text)) sum += count;
    return sum;
  }

  /** As `count`; a long text lets the event loop have a turn between its pieces. */
  async countInTurns(text: string): Promise<number> {
    let sum = 0;
    let pieces = 0;
    for (const count of this.counts(text)) {
      if (pieces > 0 && pieces % PIECES_IN_TURN === 0) await nextTurn();
      pieces += 1;
      sum += count;
    }
    return sum;
  }

  /**
   * Tokens of each piece of the text. It is cut before a space, where a token ends anyway; only an unbroken run of more
   * than 512 characters is cut elsewhere. A cut adds tokens nearly always; what it may hide is added.
   */
  *counts(text: string): Generator<number> {
    for (let from = 0; from < text.length;) {
      const to = endOfPiece(text, from);
      const isClean = to === text.length || isBetweenTokens(text, to);
      yield this.#countPiece(text.slice(from, to)) + (isClean ? 0 : HIDDEN_BY_CUT);
      from = to;
    }
  }

  #countPiece(piece: string): number {
    const text = this.#text;
    text.read(piece);
    const split = this.#split;
    let count = 0;
    let from = 0;
    for (split.lastIndex = 0; split.test(piece);) {
      const to = text.byteAt[split.lastIndex]!;
      count += this.#tokens.rankOf(text, from, to) === NO_RANK ? this.#merge(from, to) : 1;
      from = to;
    }
    return count;
  }

  /** Merges neighbours, the lowest rank first and of equals the leftmost, until none fit; returns how many remain. */
  #merge(from: number, to: number): number {
    const next = this.#next;
    const previous = this.#previous;
    const merges = this.#merges;
    let parts = to - from;
    merges.reset(parts);
    for (let at = from; at <= to; at += 1) {
      next[at] = at + 1;
      previous[at] = at - 1;
    }
    for (let at = from; at < to - 1; at += 1) merges.prepare(at - from, this.#mergeAt(at, to));
    merges.settle();
    for (let first = merges.smallest; first !== NOTHING; first = merges.smallest) {
      const at = first & ((1 << POSITION_BITS) - 1);
      const merged = next[at]!;
      next[at] = next[merged]!;
      previous[next[at]] = at;
      parts -= 1;
      merges.set(merged - from, NOTHING);
      merges.set(at - from, this.#mergeAt(at, to));
      if (at > from) merges.set(previous[at]! - from, this.#mergeAt(previous[at]!, to));
    }
    return parts;
  }

  /** Rank and place in one number of the merge of this part with the next; NOTHING where they make no token. */
  #mergeAt(at: number, to: number): number {
    const next = this.#next[at]!;
    if (next >= to) return NOTHING;
    const rank = this.#tokens.rankOf(this.#text, at, this.#next[next]!);
    return rank === NO_RANK ? NOTHING : (rank << POSITION_BITS) | at;
  }
}

/** A piece of text as UTF-8, with the hashes of all that stands before each of its bytes. */
class HashedText {
  readonly bytes = new Uint8Array(MOST_BYTES);
  readonly hashes = new Int32Array(MOST_BYTES + 1);
  readonly otherHashes = new Int32Array(MOST_BYTES + 1);
  /** Place of each character. */
  readonly byteAt = new Int32Array(MOST_CHARACTERS + 1);
  #length = 0;

  /** Encodes as TextEncoder does. */
  read(piece: string): void {
    this.#length = 0;
    for (let index = 0; index < piece.length; index += 1) {
      this.byteAt[index] = this.#length;
      const code = piece.charCodeAt(index);
      if (code < 0x80) {
        this.#put(code);
      } else if (code < 0x800) {
        this.#put(0xc0 | (code >> 6));
        this.#put(0x80 | (code & 0x3f));
      } else if (isHigh(code) && isLow(piece.charCodeAt(index + 1))) {
        this.#putPair(piece.codePointAt(index)!);
        this.byteAt[++index] = this.#length;
      } else {
        this.#putThree(isHigh(code) || isLow(code) ? REPLACEMENT : code);
      }
    }
    this.byteAt[piece.length] = this.#length;
  }

  #putPair(code: number): void {
    this.#put(0xf0 | (code >> 18));
    this.#put(0x80 | ((code >> 12) & 0x3f));
    this.#put(0x80 | ((code >> 6) & 0x3f));
    this.#put(0x80 | (code & 0x3f));
  }

  #putThree(code: number): void {
    this.#put(0xe0 | (code >> 12));
    this.#put(0x80 | ((code >> 6) & 0x3f));
    this.#put(0x80 | (code & 0x3f));
  }

  #put(byte: number): void {
    const at = this.#length++;
    this.bytes[at] = byte;
    this.hashes[at + 1] = hashOf(this.hashes[at]!, FACTOR, byte);
    this.otherHashes[at + 1] = hashOf(this.otherHashes[at]!, OTHER_FACTOR, byte);
  }
}

/**
 * Every token by its bytes: open addressing over numbers, a hundred times smaller than a Map of strings. A token is
 * known by its length and two hashes of 32 bits, so that no bytes are compared.
 */
class TokenTable {
  /** For each slot: rank + 1 of its token (0 = none), its two hashes, its length. */
  readonly #slots: Int32Array;
  /** A bit for each hash of a token: most bytes are no token, and few of those need a look at the slots. */
  readonly #mayBe = new Int32Array(1 << (MAY_BE_BITS - 5));
  /** Powers of both factors, by number of bytes. */
  readonly #powers: Int32Array;
  readonly #otherPowers: Int32Array;
  readonly #shift: number;
  /** Rank of each two bytes, the most frequent question. */
  readonly #pairs = new Int32Array(0x10000).fill(NO_RANK);

  constructor(ranks: Ranks) {
    const bits = Math.ceil(Math.log2(2 * ranks.length));
    this.#shift = 32 - bits;
    this.#slots = new Int32Array(SLOT_SIZE << bits);
    const bytes = Buffer.alloc(MOST_BYTES);
    let longest = 0;
    for (const [rank, token] of ranks.entries()) {
      const length = typeof token === 'string' ? bytes.write(token) : copyBytes(token ?? [], bytes);
      if (length > 0) this.#put(bytes, length, rank);
      longest = Math.max(longest, length);
    }
    this.#powers = powersOf(FACTOR, longest);
    this.#otherPowers = powersOf(OTHER_FACTOR, longest);
  }

  /** The rank of the token that these bytes of the text are; NO_RANK where they are none. */
  rankOf({ bytes, hashes, otherHashes }: HashedText, from: number, to: number): number {
    const length = to - from;
    if (length === 2) return this.#pairs[(bytes[from]! << 8) | bytes[from + 1]!]!;
    if (length >= this.#powers.length) return NO_RANK;
    const hash = (hashes[to]! - imul(hashes[from]!, this.#powers[length]!)) | 0;
    const bit = bitOf(hash);
    if ((this.#mayBe[bit >>> 5]! & (1 << (bit & 31))) === 0) return NO_RANK;
    const slots = this.#slots;
    let slot = this.#slotOf(hash);
    for (let rank = slots[slot]!; rank !== 0; rank = slots[slot]!) {
      if (slots[slot + 1] === hash && slots[slot + 3] === length) {
        const other = (otherHashes[to]! - imul(otherHashes[from]!, this.#otherPowers[length]!)) | 0;
        if (slots[slot + 2] === other) return rank - 1;
      }
      slot = this.#after(slot);
    }
    return NO_RANK;
  }

  #put(bytes: Uint8Array, length: number, rank: number): void {
    if (length === 2) this.#pairs[(bytes[0]! << 8) | bytes[1]!] = rank;
    let hash = 0;
    let other = 0;
    for (let at = 0; at < length; at += 1) {
      hash = hashOf(hash, FACTOR, bytes[at]!);
      other = hashOf(other, OTHER_FACTOR, bytes[at]!);
    }
    const bit = bitOf(hash);
    this.#mayBe[bit >>> 5]! |= 1 << (bit & 31);
    const slots = this.#slots;
    let slot = this.#slotOf(hash);
    while (slots[slot] !== 0) slot = this.#after(slot);
    slots[slot] = rank + 1;
    slots[slot + 1] = hash;
    slots[slot + 2] = other;
    slots[slot + 3] = length;
  }

  #slotOf(hash: number): number {
    return (imul(hash, SLOT_FACTOR) >>> this.#shift) * SLOT_SIZE;
  }

  #after(slot: number): number {
    return (slot + SLOT_SIZE) & (this.#slots.length - 1);
  }
}

/** Finds the smallest of many numbers that change one by one: each inner node is the smaller of the two beneath it. */
class Tournament {
  readonly #nodes: Int32Array;
  #size = 1;

  constructor(most: number) {
    this.#nodes = new Int32Array(4 * most);
  }

  get smallest(): number {
    return this.#nodes[1]!;
  }

  /** Begins with so many numbers, all of them NOTHING. */
  reset(count: number): void {
    this.#size = 1 << (32 - clz32(count - 1));
    this.#nodes.fill(NOTHING, this.#size, 2 * this.#size);
  }

  /** Sets a number; `settle` has to follow before the smallest is asked for. */
  prepare(index: number, value: number): void {
    this.#nodes[this.#size + index] = value;
  }

  settle(): void {
    const nodes = this.#nodes;
    for (let node = this.#size - 1; node > 0; node -= 1) {
      nodes[node] = min(nodes[2 * node]!, nodes[2 * node + 1]!);
    }
  }

  set(index: number, value: number): void {
    const nodes = this.#nodes;
    let node = this.#size + index;
    nodes[node] = value;
    for (node >>= 1; node > 0; node >>= 1) {
      const smaller = min(nodes[2 * node]!, nodes[2 * node + 1]!);
      if (nodes[node] === smaller) return;
      nodes[node] = smaller;
    }
  }
}

const SPACE = 0x20;

function endOfPiece(text: string, from: number): number {
  const most = from + MOST_CHARACTERS;
  if (most >= text.length) return text.length;
  for (let at = most; at > from; at -= 1) if (isBetweenTokens(text, at)) return at;
  return isLow(text.charCodeAt(most)) && isHigh(text.charCodeAt(most - 1)) ? most - 1 : most;
}

/** Before a space that follows a visible character a token ends, whatever the text. */
function isBetweenTokens(text: string, at: number): boolean {
  return text.charCodeAt(at) === SPACE && /\S/.test(text[at - 1]!);
}

function isHigh(code: number): boolean {
  return (code & 0xfc00) === 0xd800;
}

function isLow(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}

function hashOf(before: number, factor: number, byte: number): number {
  return (imul(before, factor) + byte + 1) | 0;
}

function bitOf(hash: number): number {
  return imul(hash, SLOT_FACTOR) >>> (32 - MAY_BE_BITS);
}

function powersOf(factor: number, most: number): Int32Array {
  const powers = new Int32Array(most + 1).fill(1);
  for (let n = 1; n <= most; n += 1) powers[n] = imul(powers[n - 1]!, factor);
  return powers;
}

function copyBytes(from: readonly number[], to: Uint8Array): number {
  to.set(from);
  return from.length;
}
