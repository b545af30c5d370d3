import type { FastifyReply } from 'fastify';

const signals = new WeakMap<object, AbortSignal>();

/** Aborts when the client leaves before its answer is out; one signal for a request, whoever asks. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const known = signals.get(reply.raw);
  if (known) return known;
  const gone = new AbortController();
  const leave = () => {
    if (!reply.raw.writableFinished) gone.abort(new Error('The client has gone'));
  };
  if (reply.raw.closed) leave();
  else reply.raw.once('close', leave);
  signals.set(reply.raw, gone.signal);
  return gone.signal;
}
