import { type Agent, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly agent: Agent;
  /** How long a new connection may take, TLS included, in ms. */
  readonly connectTimeoutMs: number;
  /** Most bytes of the answer. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

export interface PostReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** One POST with a deadline for the connection, which fetch does not have. Follows no redirect: it would carry the key. */
export async function postJson({ url, body, ...options }: PostRequest): Promise<PostReply> {
  const text = JSON.stringify(body);
  const response = await send(url, text, options);
  let received = '';
  let bytes = 0;
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    bytes += Buffer.byteLength(chunk);
    if (bytes > options.maxBytes) {
      response.destroy();
      throw new Error(`The answer is larger than ${options.maxBytes} bytes`);
    }
    received += chunk;
  }
  if (!response.complete) throw new Error('The answer broke off');
  return { status: response.statusCode ?? 0, headers: response.headers, text: received };
}

function send(
  url: URL,
  text: string,
  { headers, agent, connectTimeoutMs, signal }: Omit<PostRequest, 'url' | 'body'>,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(text));
    const sent = (isTls ? requestHttps : requestHttp)(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
      agent,
      signal,
    });
    const timer = setTimeout(
      () => sent.destroy(new Error(`No connection within ${connectTimeoutMs} ms`)),
      connectTimeoutMs,
    );
    const connected = () => clearTimeout(timer);
    sent.once('socket', (socket) => {
      if (!socket.connecting) connected();
      else socket.once(isTls ? 'secureConnect' : 'connect', connected);
    });
    sent.once('close', connected);
    sent.once('error', reject);
    sent.once('response', resolve);
    sent.end(text);
  });
}
