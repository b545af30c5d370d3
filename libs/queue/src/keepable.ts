const REPLACEMENT = '\uFFFD';
/** NUL and halves of surrogate pairs: JSON can write them, neither UTF-8 nor PostgreSQL can keep them all. */
const UNKEEPABLE = /\0|\p{Surrogate}/gu;
/** One escape of JSON text. `JSON.stringify` escapes a surrogate only where it stands alone. */
const ESCAPE = /\\(?:u0000|ud[89a-f][0-9a-f]{2}|.)/g;

export interface KeepableText {
  readonly text: string;
  /** Characters that became U+FFFD. */
  readonly replaced: number;
}

/** The text as any database can keep it: each character that none can keep becomes U+FFFD. */
export function keepableText(text: string): KeepableText {
  let replaced = 0;
  const kept = text.replace(UNKEEPABLE, () => {
    replaced += 1;
    return REPLACEMENT;
  });
  return { text: kept, replaced };
}

/** The same for what `JSON.stringify` wrote, in names as in values. */
export function keepableJson(json: string): string {
  if (!json.includes('\\u')) return json;
  return json.replace(ESCAPE, (escape) => (escape.length === 2 ? escape : REPLACEMENT));
}
