import type { ConnectionError } from 'fastify';
import type { Socket } from 'node:net';
import { Problem } from '../problems/problem.js';

/** Answers what Node refused before there was a request: headers that are too large, and what is no HTTP. */
export function answerClientError(error: ConnectionError, socket: Socket): void {
  // The other side has gone, or an answer is half out already.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? new Problem('headers_too_large', 'All headers together may have 16 KiB; send smaller ones.')
      : new Problem('invalid_request', 'This is no HTTP request that can be read.');
  const body = JSON.stringify(problem.toDocument(''));
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.status === 431 ? 'Request Header Fields Too Large' : 'Bad Request'}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
