import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

type Json = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any -- a document is walked as it is

export interface SeenAnswer {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly contentType: string | null;
  readonly header: (name: string) => string | null;
  readonly body: unknown;
}

/**
 * Holds answers against the contract: each must be one that the document names, with a body of its schema. The document
 * is the one that is kept; contract.spec.ts holds it against the code.
 */
export class Contract {
  readonly document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Json;
  private readonly ajv: Ajv2020;
  private readonly routes: { readonly method: string; readonly path: string; readonly pattern: RegExp }[];
  private readonly validators = new Map<string, ValidateFunction>();

  constructor() {
    this.ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
    // The package is CommonJS: what it exports by default is itself.
    (formats as unknown as { default: (ajv: Ajv2020) => void }).default(this.ajv);
    this.ajv.addSchema(this.document, 'contract');
    this.routes = Object.entries(this.document.paths as Json).flatMap(([path, item]) =>
      Object.keys(item as Json).map((method) => ({ method, path, pattern: patternOf(path) })),
    );
    // What has no parameter is meant where both would fit.
    this.routes.sort((left, right) => parameters(left.path) - parameters(right.path));
  }

  /** Throws what does not conform. A route that is not in the document may only be refused. */
  check(answer: SeenAnswer): void {
    const path = answer.path.split('?')[0]!;
    const route = this.routes.find(
      ({ method, pattern }) => method === answer.method.toLowerCase() && pattern.test(path),
    );
    const where = `${answer.method} ${path} answered ${answer.status}`;
    if (!route) {
      if (answer.status >= 400) return this.checkBody('#/components/schemas/Problem', answer.body, where);
      throw new Error(`${where}, and the contract knows no such route`);
    }
    const responses = `#/paths/${pointer(route.path)}/${route.method}/responses/${answer.status}`;
    const response = this.resolve(responses);
    if (!response)
      throw new Error(`${where}, which the contract does not name for ${route.method} ${route.path}`);
    if (!answer.header('x-request-id')) throw new Error(`${where} without X-Request-Id`);
    this.checkContent(response, answer, where);
  }

  private checkContent({ at, value }: { at: string; value: Json }, answer: SeenAnswer, where: string): void {
    const types = Object.keys((value.content ?? {}) as Json);
    if (answer.body === undefined) {
      if (types.length > 0) throw new Error(`${where} without the body that the contract promises`);
      return;
    }
    const type = types.find((known) => answer.contentType?.startsWith(known));
    if (!type)
      throw new Error(
        `${where} as ${answer.contentType}, the contract says ${types.join(', ') || 'nothing'}`,
      );
    this.checkBody(`${at}/content/${pointer(type)}/schema`, answer.body, where);
  }

  private checkBody(ref: string, body: unknown, where: string): void {
    let validate = this.validators.get(ref);
    if (!validate) this.validators.set(ref, (validate = this.ajv.compile({ $ref: `contract${ref}` })));
    if (validate(body)) return;
    throw new Error(
      `${where} beside the contract: ${this.ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`,
    );
  }

  /** What is at a JSON pointer, behind its $ref. */
  private resolve(at: string): { at: string; value: Json } | undefined {
    let value: unknown = this.document;
    for (const part of at.slice(2).split('/')) {
      value = (value as Json | undefined)?.[
        part.replaceAll('~1', '/').replaceAll('~0', '~').replaceAll('%7B', '{').replaceAll('%7D', '}')
      ];
    }
    if (value === undefined) return undefined;
    const { $ref } = value as Json;
    return typeof $ref === 'string' ? this.resolve($ref) : { at, value: value as Json };
  }
}

function patternOf(path: string): RegExp {
  const escaped = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}

function parameters(path: string): number {
  return path.split('{').length - 1;
}

/** As part of a JSON pointer within a URI. */
function pointer(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
}
