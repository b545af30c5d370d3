/** Milliseconds since 1970 with fractions: the same in every process of one machine. */
export function nowMs() {
  return performance.timeOrigin + performance.now();
}
