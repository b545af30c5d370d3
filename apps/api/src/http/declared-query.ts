import 'reflect-metadata';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';

type Class = abstract new (...args: never[]) => object;
type Handler = (...args: never[]) => unknown;

// Where @nestjs/swagger keeps what its decorators say.
const API_PARAMETERS = 'swagger/apiParameters';
const API_PROPERTIES = 'swagger/apiModelPropertiesArray';

const known = new WeakMap<Handler, ReadonlySet<string>>();

/** The query parameters that a route declares, by `@Query()` or `@ApiQuery()`: the same that the contract names. */
export function declaredQuery(controller: Class, handler: Handler): ReadonlySet<string> {
  let names = known.get(handler);
  if (!names)
    known.set(handler, (names = new Set([...argumentsOf(controller, handler), ...stated(handler)])));
  return names;
}

function argumentsOf(controller: Class, handler: Handler): string[] {
  const args = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler.name) ?? {}) as Record<
    string,
    { index: number; data?: unknown }
  >;
  const types = (Reflect.getMetadata('design:paramtypes', controller.prototype as object, handler.name) ??
    []) as Class[];
  return Object.entries(args)
    .filter(([key]) => key.startsWith(`${RouteParamtypes.QUERY}:`))
    .flatMap(([, { index, data }]) => (typeof data === 'string' ? [data] : propertiesOf(types[index]!)));
}

function propertiesOf(type: Class): string[] {
  const names = (Reflect.getMetadata(API_PROPERTIES, type.prototype as object) ?? []) as string[];
  return names.map((name) => name.replace(/^:/, ''));
}

function stated(handler: Handler): string[] {
  const parameters = (Reflect.getMetadata(API_PARAMETERS, handler) ?? []) as { in: string; name: string }[];
  return parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
}
