type Json = Record<string, unknown>;

/** `nullable: true` is OpenAPI 3.0; since 3.1 a schema that may be null says so as JSON Schema does. */
export function withoutNullable<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item: unknown) => withoutNullable(item)) as T;
  if (value === null || typeof value !== 'object') return value;
  const mapped: Json = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withoutNullable<unknown>(item)]),
  );
  const { nullable, ...rest } = mapped;
  if (nullable !== true) return (nullable === undefined ? rest : { ...rest, nullable }) as T;
  if (typeof rest.type === 'string' && !rest.enum) return { ...rest, type: [rest.type, 'null'] } as T;
  return { anyOf: [rest, { type: 'null' }] } as T;
}
