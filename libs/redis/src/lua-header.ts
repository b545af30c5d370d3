/** What the comment lines at the top of a script declare. */
export interface LuaHeader {
  /** Text before the colon of the first comment line. */
  readonly title: string;
  /** KEYS names in order. */
  readonly keys: readonly string[];
  /** ARGV names in order. */
  readonly args: readonly string[];
  /** Name of the repeated arguments that follow, if any. */
  readonly rest: string | undefined;
  readonly hasReturns: boolean;
  readonly hasCost: boolean;
}

const ENTRY = /^--\s+(KEYS|ARGV)\[(\d+)(\.\.)?\]\s+([a-z][a-z0-9_]*)\s/;

/** Parses the header of a script; throws where KEYS or ARGV are out of order. */
export function parseLuaHeader(text: string): LuaHeader {
  const keys: string[] = [];
  const args: string[] = [];
  let rest: string | undefined;
  const lines = headerLines(text);
  for (const line of lines) {
    const entry = ENTRY.exec(line);
    if (!entry) continue;
    const [, kind, number, repeated, name] = entry as unknown as [
      string,
      string,
      string,
      string | undefined,
      string,
    ];
    const list = kind === 'KEYS' ? keys : args;
    if (Number(number) !== list.length + 1) throw new Error(`${kind}[${number}] ${name} is out of order`);
    if (repeated) rest = name;
    else list.push(name);
  }
  return {
    title: /^--\s+([a-z0-9-]+):/.exec(lines[0] ?? '')?.[1] ?? '',
    keys,
    args,
    rest,
    hasReturns: lines.some((line) => /^--\s+Returns\b/.test(line)),
    hasCost: lines.some((line) => /^--\s+Cost:/.test(line)),
  };
}

/** camelCase to snake_case: `operationId` → `operation_id`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function headerLines(text: string): string[] {
  const lines = text.split('\n');
  const start = lines[0]?.startsWith('#!') ? 1 : 0;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith('--'));
  return lines.slice(start, end === -1 ? undefined : end);
}
