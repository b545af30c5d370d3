import { isIP } from 'node:net';
import type { FastifyInstance } from 'fastify';

/**
 * Leaves of X-Forwarded-For only what a proxy can have written: addresses, without port, from the last entry that is none
 * on. `request.ip` is then always an address, and what the client invented is never taken for one.
 */
export function cleanForwardedFor(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers['x-forwarded-for'];
    if (given !== undefined) {
      const addresses = forwardedAddresses(String(given));
      if (addresses.length > 0) request.headers['x-forwarded-for'] = addresses.join(', ');
      else delete request.headers['x-forwarded-for'];
    }
    done();
  });
}

/** `junk, 10.0.0.1:443, [::1]:80` → 10.0.0.1, ::1 */
export function forwardedAddresses(header: string): string[] {
  const addresses = header.split(',').map((entry) => addressIn(entry.trim()));
  return addresses.slice(addresses.lastIndexOf(undefined) + 1) as string[];
}

function addressIn(entry: string): string | undefined {
  const bare = entry.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  return isIP(bare) ? bare : undefined;
}
