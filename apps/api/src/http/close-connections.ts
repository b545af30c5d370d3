import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * A server that shuts down waits for its connections: those without a request end at once (Node counts one that never
 * sent any as busy), and those still answered are not kept alive.
 */
export function closeConnections(fastify: FastifyInstance): void {
  const open = new Set<Socket>();
  const busy = new Set<Socket>();
  let isClosing = false;
  fastify.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  fastify.server.on('request', ({ socket }, response) => {
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
  });
  fastify.addHook('preClose', async () => {
    isClosing = true;
    for (const socket of open) if (!busy.has(socket)) socket.destroy();
  });
  fastify.addHook('onSend', async (_request, reply) => {
    if (isClosing) void reply.header('Connection', 'close');
  });
}
