const names = new WeakMap<object, string>();

/** The request's operation shall be known by this id. */
export function nameOperation(request: object, id: string): void {
  names.set(request, id);
}

/** The id that the quota and the queue shall know the request's operation by; undefined: any. */
export function operationIdOf(request: object): string | undefined {
  return names.get(request);
}
