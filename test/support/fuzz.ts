import fc from 'fast-check';

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- a document is walked as it is

export interface FuzzRequest {
  /** As the contract writes it, with its method: `POST /query`. */
  readonly route: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  /** undefined: no body. */
  readonly payload: string | undefined;
}

/** What has broken others: SQL, Lua, headers, logs, paths, prototypes, formats, sizes, alphabets. */
export const NASTY: readonly string[] = [
  '',
  ' ',
  "'; DROP TABLE tenants; --",
  "' OR '1'='1",
  '1); DELETE FROM overrides; --',
  '$1::text',
  "]] redis.call('FLUSHALL') --[[",
  'return redis.call("KEYS", "*")',
  '{tenant_canary}',
  'tenant_canary',
  'a}b{c',
  'x\r\nSet-Cookie: admin=1',
  'x\n[Nest] ERROR fake line',
  '\u0000',
  '\u202Etxt.exe',
  '../../etc/passwd',
  '..%2f..%2fadmin',
  '%00',
  '%',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'Infinity',
  '-0',
  '1e309',
  '9007199254740993',
  '-9223372036854775809',
  '0x10',
  '{"$gt":""}',
  '${7*7}',
  '%s%n%x',
  '<script>alert(1)</script>',
  '😀'.repeat(40),
  'ﬀ',
  'Å'.normalize('NFD'),
  'x'.repeat(5_000),
  '\uD800',
];

const anyJson = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -1, 0.5, 1e21, 2 ** 53, [], {}, [[]], {
    a: { b: { c: 1 } },
  }),
  fc.constantFrom<unknown>(...NASTY),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Requests made from the contract: mostly what a route expects, now and then what it does not. */
export function requestsOf(
  document: Json,
  {
    identity,
    isChosen,
    parameters,
  }: {
    /** Headers that say who asks. */
    readonly identity: Record<string, string>;
    readonly isChosen: (path: string, method: string) => boolean;
    /** Values that path parameters may have, so that some requests meet what is there. */
    readonly parameters: readonly string[];
  },
): fc.Arbitrary<FuzzRequest> {
  const routes = Object.entries(document.paths as Json).flatMap(([path, item]) =>
    Object.entries(item as Json)
      .filter(([method]) => isChosen(path, method))
      .map(([method, operation]) => requestOf({ path, method, operation: operation as Json })),
  );
  return fc.oneof(...routes);

  function requestOf({ path, method, operation }: { path: string; method: string; operation: Json }) {
    const schema = (operation.requestBody as Json | undefined)?.content?.['application/json']?.schema as
      Json | undefined;
    const declared = (operation.parameters ?? []) as Json[];
    const query = declared.filter((parameter) => parameter.in === 'query');
    const headers = declared.filter((parameter) => parameter.in === 'header');
    return fc
      .record({
        names: fc.array(fc.oneof(fc.constantFrom(...parameters), fc.constantFrom(...NASTY), fc.uuid()), {
          minLength: 4,
          maxLength: 4,
        }),
        query: fc.record(
          Object.fromEntries(
            query.map(({ name, schema: of }) => [name as string, textOf(valueOf(of as Json))]),
          ),
          {
            requiredKeys: [],
          },
        ),
        extra: fc.record(
          Object.fromEntries(headers.map(({ name }) => [String(name).toLowerCase(), headerText])),
          {
            requiredKeys: [],
          },
        ),
        payload: schema
          ? fc.oneof(
              { weight: 12, arbitrary: valueOf(schema).map((value) => JSON.stringify(value)) },
              { weight: 2, arbitrary: anyJson.map((value) => JSON.stringify(value)) },
              {
                weight: 1,
                arbitrary: fc.constantFrom(
                  '',
                  '{',
                  'null',
                  '[]',
                  '{"__proto__":{"a":1}}',
                  '{"a":1,"a":2}',
                  '\uFEFF{}',
                ),
              },
            )
          : fc.constant(undefined),
      })
      .map(({ names, query: asked, extra, payload }): FuzzRequest => {
        let next = 0;
        const filled = path.replaceAll(
          /\{[^}]+\}/g,
          () => encodeURIComponent(wellFormed(names[next++ % names.length]!)) || '%20',
        );
        const search = new URLSearchParams(asked as Record<string, string>).toString();
        return {
          route: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          url: search ? `${filled}?${search}` : filled,
          headers: {
            ...extra,
            ...identity,
            ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
          },
          payload,
        };
      });
  }

  function valueOf(given: Json): fc.Arbitrary<unknown> {
    const schema = resolve(given);
    const usual = usualOf(schema);
    return fc.oneof({ weight: 8, arbitrary: usual }, { weight: 1, arbitrary: anyJson });
  }

  function usualOf(schema: Json): fc.Arbitrary<unknown> {
    const type = [schema.type].flat()[0] as string | undefined;
    if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
    if (schema.anyOf ?? schema.oneOf)
      return fc.oneof(...((schema.anyOf ?? schema.oneOf) as Json[]).map(valueOf));
    if (type === 'integer' || type === 'number') {
      const { minimum = -5, maximum = 1_000_000 } = schema as { minimum?: number; maximum?: number };
      return fc.oneof(
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1, 1.5),
      );
    }
    if (type === 'boolean') return fc.boolean();
    if (type === 'array') return fc.array(valueOf((schema.items ?? {}) as Json), { maxLength: 3 });
    if (type === 'object' && schema.properties) {
      const fields = Object.entries(schema.properties as Json).map(
        ([name, of]) => [name, valueOf(of as Json)] as const,
      );
      const required = ((schema.required ?? []) as string[]).filter((name) =>
        fields.some(([field]) => field === name),
      );
      return fc.record(Object.fromEntries(fields), { requiredKeys: required });
    }
    if (type === 'object')
      return fc.dictionary(
        fc.constantFrom('queries_hourly', 'queries', 'tokens', ...NASTY.slice(0, 8)),
        fc.oneof(fc.integer(), anyJson),
        { maxKeys: 3 },
      );
    if (schema.format === 'date-time')
      return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    if (schema.format === 'uuid') return fc.uuid();
    return fc.oneof(fc.constantFrom(...parameters), fc.string({ maxLength: 20 }), fc.constantFrom(...NASTY));
  }

  function resolve(schema: Json): Json {
    const { $ref } = schema as { $ref?: string };
    if (!$ref) return schema.allOf ? resolve((schema.allOf as Json[])[0]!) : schema;
    return resolve((document.components as Json).schemas[$ref.split('/').at(-1)!] as Json);
  }
}

const headerText = fc
  .oneof(
    fc.constantFrom(...NASTY),
    fc.constantFrom('wait=0', 'wait=9999999999', '*', '"1"', 'W/"1"'),
    fc.string(),
  )
  .map((text) => text.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 500));

function textOf(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return value.map((it) => wellFormed(typeof it === 'string' ? it : JSON.stringify(it)));
}

/** A lone surrogate cannot stand in a URL at all. */
function wellFormed(text: string): string {
  return text.replaceAll(/[\uD800-\uDFFF]/gu, '');
}
