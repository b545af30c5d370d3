import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { whenOver } from 'fairshare/redis';
import { ACCEPT_ENCODING, AnswerTooLargeError, decodeBody } from './decode-body.js';

export interface PostRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly agent: Agent;
  /** How long a new connection may take, TLS included, in ms. */
  readonly connectTimeoutMs: number;
  /** Most bytes of the answer, as sent and decoded. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  /** The whole request is on its way: from now on the other side may work for it. */
  readonly onSent: () => void;
}

export interface PostReply {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/**
 * After an abort we hang up by halves: the other side is told that nobody waits any more, and for this long, in ms, we
 * still read what it had sent already, which says what it did.
 */
const LAST_WORDS_MS = 500;

/**
 * One POST with a deadline for the connection, which fetch does not have. Follows no redirect: it would carry the key.
 * An answer that was under way when `signal` aborted is returned all the same.
 */
export async function postJson({ url, body, ...options }: PostRequest): Promise<PostReply> {
  const text = JSON.stringify(body);
  options.signal.throwIfAborted();
  const request = open(url, text, options);
  const hangUp = hangUpOnAbort(request, options);
  try {
    const response = await responseOf(request);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: await read(response, options.maxBytes),
    };
  } finally {
    hangUp.forget();
  }
}

async function read(response: IncomingMessage, maxBytes: number): Promise<string> {
  const received: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      response.destroy();
      throw new AnswerTooLargeError(`The answer is larger than ${maxBytes} bytes`);
    }
    received.push(chunk);
  }
  if (!response.complete) throw new Error('The answer broke off');
  return decodeBody(Buffer.concat(received), response.headers['content-encoding'], maxBytes);
}

function open(
  url: URL,
  text: string,
  { headers, agent, connectTimeoutMs, onSent }: Omit<PostRequest, 'url' | 'body'>,
): ClientRequest {
  const isTls = url.protocol === 'https:';
  const length = String(Buffer.byteLength(text));
  const request = (isTls ? requestHttps : requestHttp)(url, {
    method: 'POST',
    headers: {
      ...headers,
      'accept-encoding': ACCEPT_ENCODING,
      'content-type': 'application/json',
      'content-length': length,
    },
    agent,
  });
  const connected = whenOver(connectTimeoutMs, () =>
    request.destroy(new Error(`No connection within ${connectTimeoutMs} ms`)),
  );
  request.once('socket', (socket) => {
    if (!socket.connecting) connected();
    else socket.once(isTls ? 'secureConnect' : 'connect', connected);
  });
  request.once('close', connected);
  // All of it is with the operating system, which delivers it whatever becomes of us.
  request.once('finish', onSent);
  request.end(text);
  return request;
}

function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('response', resolve);
  });
}

function hangUpOnAbort(request: ClientRequest, { signal }: Pick<PostRequest, 'signal'>): { forget(): void } {
  let timer: NodeJS.Timeout | undefined;
  const destroy = () => void request.destroy(new Error('Nobody waits for the answer any more'));
  const onAbort = () => {
    if (!request.writableFinished || !request.socket) return destroy();
    request.socket.end();
    // After the sockets were read once more: on a busy process the timer may be the first to get its turn.
    timer = setTimeout(() => setImmediate(destroy), LAST_WORDS_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    forget() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    },
  };
}
