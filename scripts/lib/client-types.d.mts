/** Where the types of the client are kept. */
export const CLIENT_TYPES: string;
/** The types of every path, body and answer of docs/openapi.json, as TypeScript. */
export function clientTypes(): Promise<string>;
