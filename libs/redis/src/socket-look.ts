const LEAST_MS = 20;

/** So much too late, in ms, a timer of this limit shows that the process was held up: half of it, at least 20. */
export function heldUpMs(limitMs: number): number {
  return Math.max(LEAST_MS, limitMs / 2);
}

/**
 * Calls back when the event loop has read its sockets twice. A timer that ran late runs before the answers that came
 * meanwhile are read: who gives up looks at the socket first.
 */
export function lookAtSockets(then: () => void): void {
  setImmediate(() => setImmediate(then));
}

/**
 * For every timer that races an answer: calls back after so many ms, when the sockets have been read once more.
 * `isOverloaded`: this process was held up, which says nothing of the other side. Returns what forgets it.
 */
export function whenOver(limitMs: number, then: (isOverloaded: boolean) => void): () => void {
  const dueMs = performance.now() + limitMs;
  let isForgotten = false;
  const giveUp = () => {
    if (!isForgotten) then(performance.now() - dueMs > heldUpMs(limitMs));
  };
  const timer = setTimeout(() => lookAtSockets(giveUp), limitMs);
  return () => {
    isForgotten = true;
    clearTimeout(timer);
  };
}

/**
 * What `work` comes to; rejects with what `late` makes after so many ms, when the sockets have been read once more.
 * `isOverloaded`: this process was held up, which says nothing of the other side.
 */
export async function within<T>(
  work: Promise<T>,
  limitMs: number,
  late: (isOverloaded: boolean) => Error,
): Promise<T> {
  let forget: (() => void) | undefined;
  const over = new Promise<never>((_, reject) => {
    forget = whenOver(limitMs, (isOverloaded) => reject(late(isOverloaded)));
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    forget?.();
  }
}
