import { keepableText } from '../keepable.js';
import type { JobError } from '../queue.types.js';

const MAX_MESSAGE = 2_000;

/** What is kept of whatever a handler threw; never throws itself. */
export function toJobError(error: unknown): JobError {
  const code = readText(() => (error as { code?: unknown }).code);
  const message = error instanceof Error ? readText(() => error.message) : describe(error);
  return { message: message ?? 'It failed and did not say why', ...(code === undefined ? {} : { code }) };
}

function describe(error: unknown): string | undefined {
  // An object without a text of its own says more in JSON than as "[object Object]".
  if (typeof error !== 'object' || error === null) return readText(() => String(error));
  return readText(() => (error as { message?: unknown }).message) ?? readText(() => JSON.stringify(error));
}

/** undefined for what is no text, or cannot be read. */
function readText(read: () => unknown): string | undefined {
  try {
    const text = read();
    return typeof text === 'string' ? clip(text) : undefined;
  } catch {
    return undefined;
  }
}

function clip(text: string): string {
  const clipped = text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}…`;
  return keepableText(clipped).text; // The cut may have halved a pair.
}
