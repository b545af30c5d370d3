import { shortened } from '../problems/shortened.js';

const MOST_MESSAGE = 200;

interface ErrorBody {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly detail?: unknown;
}

/**
 * What an upstream says is wrong with the request, at most 200 characters, without any key; undefined where its answer
 * is not the fault of the request. A 404 is one only where it is about the model: else our own address is wrong.
 */
export function faultOfRequest(status: number, text: string, key: string | undefined): string | undefined {
  if (![400, 404, 413, 422].includes(status)) return undefined;
  const said = messageOf(text);
  if (status === 404 && !/model/i.test(said)) return undefined;
  return shortened(withoutKeys(said, key), MOST_MESSAGE);
}

function messageOf(text: string): string {
  const { error, message, detail } = parse(text);
  const inner = (error ?? {}) as { message?: unknown };
  const found = [inner.message, error, message, detail].find((said) => typeof said === 'string') ?? '';
  return String(found)
    .replace(/[\s\p{C}]+/gu, ' ')
    .trim();
}

function parse(text: string): ErrorBody {
  try {
    return Object(JSON.parse(text)) as ErrorBody;
  } catch {
    return {};
  }
}

/** An upstream may repeat the operator's key, whole or shortened. */
function withoutKeys(said: string, key: string | undefined): string {
  const whole = key ? said.replaceAll(key, '[key]') : said;
  return whole.replace(/\bBearer +\S+|\bsk-\S+/gi, '[key]');
}
