const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A job's id in its one form, a UUID in small letters; undefined for what is none. */
export function canonicalJobId(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const id = value.toLowerCase();
  return UUID.test(id) ? id : undefined;
}
