import { isIP } from 'node:net';
import { unguessableBits } from './guessable.js';

/** How one environment variable is read; throws what is wrong with the text. */
export interface Variable<T> {
  /** Shown in errors: `must be …`. */
  readonly expects: string;
  /** undefined = the variable must be set. */
  readonly default?: T;
  /** Returns undefined where the text does not fit. */
  parse(text: string): T | undefined;
  /** Never repeat the value in an error. */
  readonly secret?: boolean;
}

export type Variables<Schema extends Record<string, Variable<unknown>>> = {
  readonly [Name in keyof Schema]: Schema[Name] extends Variable<infer T> ? T : never;
};

/** Reads every variable of the schema at once; an empty text counts as not set. */
export function parseVariables<Schema extends Record<string, Variable<unknown>>>(
  schema: Schema,
  source: Readonly<Record<string, string | undefined>>,
): Variables<Schema> {
  const problems: string[] = [];
  const values = Object.entries(schema).map(([name, variable]) => {
    const given = source[name]?.trim() ?? '';
    if (given === '') {
      if (variable.default === undefined) problems.push(`${name} must be set: ${variable.expects}`);
      return [name, variable.default];
    }
    const value = variable.parse(given);
    if (value === undefined) {
      problems.push(
        `${name} must be ${variable.expects}, got ${variable.secret ? 'something else' : JSON.stringify(given)}`,
      );
    }
    return [name, value];
  });
  if (problems.length > 0) throw new Error(`Configuration is wrong:\n  ${problems.join('\n  ')}`);
  return Object.freeze(Object.fromEntries(values)) as Variables<Schema>;
}

export function integer(range: { default: number; min: number; max: number }): Variable<number> {
  return {
    expects: `an integer from ${range.min} to ${range.max}`,
    default: range.default,
    parse: (given) => {
      const value = /^\d{1,15}$/.test(given) ? Number(given) : NaN;
      return value >= range.min && value <= range.max ? value : undefined;
    },
  };
}

export function boolean(fallback: boolean): Variable<boolean> {
  const words: Record<string, boolean> = { true: true, '1': true, false: false, '0': false };
  return { expects: 'true or false', default: fallback, parse: (given) => words[given.toLowerCase()] };
}

export function enumeration<const T extends string>(values: readonly T[], fallback: T): Variable<T> {
  return {
    expects: values.length > 1 ? `one of ${values.join(', ')}` : String(values[0]),
    default: fallback,
    parse: (given) => values.find((value) => value === given),
  };
}

/** Text of a given form. */
export function text(form: { default: string; pattern: RegExp }): Variable<string> {
  return {
    expects: `text like ${form.pattern.source}`,
    default: form.default,
    parse: (given) => (form.pattern.test(given) ? given : undefined),
  };
}

export function secret(form: { minLength: number }): Variable<string> {
  return {
    expects: `at least ${form.minLength} characters`,
    secret: true,
    parse: (given) => (given.length >= form.minLength ? given : undefined),
  };
}

/** A secret that chance made: length alone does not count. */
export function unguessableSecret(form: { minLength: number; minBits: number }): Variable<string> {
  return {
    expects: `at least ${form.minLength} characters that cannot be guessed (openssl rand -hex 24 makes some)`,
    secret: true,
    parse: (given) =>
      given.length >= form.minLength && unguessableBits(given) >= form.minBits ? given : undefined,
  };
}

/** IP addresses and networks (`10.0.0.0/8`), separated by commas; may be empty. */
export function networks(): Variable<readonly string[]> {
  return {
    expects: 'IP addresses or networks such as 10.0.0.0/8, separated by commas',
    default: [],
    parse: (given) => {
      const entries = given.split(',').map((entry) => entry.trim());
      return entries.every(isNetwork) ? entries : undefined;
    },
  };
}

function isNetwork(entry: string): boolean {
  const [address = '', bits, ...more] = entry.split('/');
  const family = isIP(address);
  if (!family || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/** The same, or nothing at all: then it is ''. */
export function optional(variable: Variable<string>): Variable<string> {
  return { ...variable, default: '' };
}

export function networkAddress(fallback: string): Variable<string> {
  return {
    expects: 'an IP address or localhost',
    default: fallback,
    parse: (given) => (given === 'localhost' || isIP(given) ? given : undefined),
  };
}

/** One URL, or several separated by commas, each with one of the given protocols. */
export function serverUrl(protocols: readonly string[]): Variable<string> {
  return {
    expects: `a URL starting with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    secret: true, // it may carry a password
    parse: (given) => {
      const urls = given.split(',').map((url) => url.trim());
      return urls.every((url) => URL.canParse(url) && protocols.includes(new URL(url).protocol))
        ? given
        : undefined;
    },
  };
}
