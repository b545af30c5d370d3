import { PortSilentError } from '../queue.errors.js';

/** What a port answers; rejects with PortSilentError after a lease, so that one that hangs keeps no slot. */
export async function withinLease<Value>(answer: Promise<Value>, leaseMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PortSilentError(`No answer within ${leaseMs} ms`)), leaseMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
