import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { countTokens } from '../../apps/api/src/executors/tokenizer.js';

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test reads whatever came
  readonly body: any;
}

export type Reaction = (response: ServerResponse, asked: Asked, bill: Bill) => void;

/** What an upstream would write on its bill. */
export interface Bill {
  queries: number;
  promptTokens: number;
  completionTokens: number;
}

export interface OpenAiServer {
  /** What it did so far, where it reacts by `working`. */
  readonly bill: Bill;
  /** For OPENAI_BASE_URL. */
  readonly url: string;
  /** Every request so far. */
  readonly asked: readonly Asked[];
  /** How the next requests are answered, one each; after the last one all are answered by it. */
  next(...reactions: Reaction[]): void;
  /** Resolves when a request is next received; and when a client next leaves unanswered. */
  received(): Promise<void>;
  left(): Promise<void>;
  close(): Promise<void>;
}

/** Answers like OpenAI, with usage as given; null leaves it out. */
export const completion =
  (content: string, usage: object | null = { prompt_tokens: 7, completion_tokens: 5 }): Reaction =>
  (response, { body }) =>
    json(response, 200, {
      id: 'chatcmpl-1',
      object: 'chat.completion',
      model: `${String(body.model)}-snapshot`,
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      ...(usage ? { usage } : {}),
    });

/**
 * Works for `ms`, and keeps a bill: it reads each prompt that reaches it whole, and writes its answer unless the caller
 * has hung up by then.
 */
export const working =
  (ms: () => number, content = 'as good as any'): Reaction =>
  (response, asked, bill) => {
    const usage = { prompt_tokens: tokensOf(asked.body.messages[0].content), completion_tokens: 40 };
    bill.queries += 1;
    bill.promptTokens += usage.prompt_tokens;
    setTimeout(() => {
      if (!response.socket?.writable) return;
      bill.completionTokens += usage.completion_tokens;
      completion(content, usage)(response, asked, bill);
    }, ms());
  };

const tokensOf = (query: string): number => countTokens(query, 'gpt-3.5-turbo');

/** Answers an error as OpenAI does: with the caller's key in the message. */
export const refusal =
  (status: number, headers: Record<string, string> = {}): Reaction =>
  (response, { authorization }) =>
    json(response, status, { error: { message: `Incorrect: ${authorization}` } }, headers);

export const text =
  (body: string): Reaction =>
  (response) =>
    response.end(body);

export const silence: Reaction = () => undefined;

/** Sends half of what it promised. */
export const breakOff: Reaction = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"choices":', () => response.destroy());
};

export async function startOpenAi(): Promise<OpenAiServer> {
  const asked: Asked[] = [];
  const bill = { queries: 0, promptTokens: 0, completionTokens: 0 };
  let reactions: Reaction[] = [completion('fine')];
  let onReceived: () => void = () => undefined;
  let onLeft: () => void = () => undefined;
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const one = { path: request.url ?? '', authorization: request.headers.authorization, body };
      asked.push(one);
      response.once('close', () => !response.writableFinished && onLeft());
      onReceived();
      const reaction = reactions.length > 1 ? reactions.shift()! : reactions[0]!;
      reaction(response, one, bill);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    bill,
    next: (...given) => (reactions = given),
    received: () => new Promise((resolve) => (onReceived = resolve)),
    left: () => new Promise((resolve) => (onLeft = resolve)),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function read(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
  return JSON.parse(body) as unknown;
}

function json(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
