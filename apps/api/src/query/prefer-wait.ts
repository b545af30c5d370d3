/** `wait=10`, also quoted; the unit is seconds (RFC 7240, section 4.3). */
const WAIT = /^wait\s*=\s*(?:"(\d{1,9})"|(\d{1,9}))\s*(?:;.*)?$/i;

/**
 * How many seconds the client would wait for the answer, at most `mostSeconds`; undefined where it did not say. A
 * preference that is not understood is ignored, and the first of several counts, as RFC 7240 has it.
 */
export function preferredWait(
  prefer: string | string[] | undefined,
  mostSeconds: number,
): number | undefined {
  const preferences = [prefer ?? []].flat().join(',').split(',');
  const [stated] = preferences.filter((preference) => /^\s*wait\s*(?:=|;|$)/i.test(preference));
  const match = WAIT.exec(stated?.trim() ?? '');
  if (!match) return undefined;
  return Math.min(Number(match[1] ?? match[2]), mostSeconds);
}
