import cl100kRanks from 'gpt-tokenizer/bpeRanks/cl100k_base';
import o200kRanks from 'gpt-tokenizer/bpeRanks/o200k_base';
import { CL100K_TOKEN_SPLIT_REGEX, O200K_TOKEN_SPLIT_REGEX } from 'gpt-tokenizer/encodingParams/constants';
import { spellingsOf } from 'fairshare/quota';
import { BytePairs } from './byte-pairs.js';

/** Models whose tokens are o200k_base; all others count as cl100k_base. */
const O200K_MODELS = /^(gpt-4o|gpt-4\.1|gpt-5|o\d)/;

const cl100k = new BytePairs(cl100kRanks, CL100K_TOKEN_SPLIT_REGEX);
const o200k = new BytePairs(o200kRanks, O200K_TOKEN_SPLIT_REGEX);

/**
 * Number of tokens that a model sees in a text, control tokens counted as the plain text that they are. Exact but for
 * unbroken runs of more than 512 characters, of which it never counts too few.
 */
export function countTokens(text: string, model: string): number {
  return encodingOf(model).count(text);
}

/** The same; others have their turns of the event loop while a long text is counted. */
export function countTokensInTurns(text: string, model: string): Promise<number> {
  return encodingOf(model).countInTurns(text);
}

function encodingOf(model: string): BytePairs {
  return spellingsOf(model).some((spelling) => O200K_MODELS.test(spelling)) ? o200k : cl100k;
}
