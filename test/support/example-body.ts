/* eslint-disable @typescript-eslint/no-explicit-any -- a document is walked as it is */

/** A body that the contract takes for a route: what it must have, by its examples; undefined where it has none. */
export function exampleOf(document: any, method: string, path: string): unknown {
  const content = document.paths[path]?.[method.toLowerCase()]?.requestBody?.content;
  const schema = content?.['application/json']?.schema;
  return schema === undefined ? undefined : valueOf(document, schema);
}

function valueOf(document: any, schema: any): unknown {
  if (schema.$ref) return valueOf(document, document.components.schemas[schema.$ref.split('/').at(-1)]);
  if (schema.allOf) return valueOf(document, schema.allOf[0]);
  const stated = schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? schema.const;
  if (stated !== undefined) return stated;
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'object' || schema.properties) {
    const names = (schema.required ?? []) as string[];
    return Object.fromEntries(names.map((name) => [name, valueOf(document, schema.properties[name])]));
  }
  if (type === 'array') return schema.minItems ? [valueOf(document, schema.items)] : [];
  if (type === 'integer' || type === 'number') return Math.max(1, schema.minimum ?? 1);
  if (type === 'boolean') return true;
  return 'example';
}
