import { countTokens as countCl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { countTokens as countO200k } from 'gpt-tokenizer/encoding/o200k_base';

/** Models whose tokens are o200k_base; all others count as cl100k_base. */
const O200K_MODELS = /^(gpt-4o|gpt-4\.1|gpt-5|o\d)/;

/** Text that looks like a control token is counted as the plain text it is. */
const PLAIN_TEXT = { disallowedSpecial: new Set<string>() };

/** Number of tokens that a model sees in a text. */
export function countTokens(text: string, model: string): number {
  return O200K_MODELS.test(model) ? countO200k(text, PLAIN_TEXT) : countCl100k(text, PLAIN_TEXT);
}
