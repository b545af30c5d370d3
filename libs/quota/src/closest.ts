/** The name that was probably meant: at most a third of its characters differ. undefined: none is near. */
export function closest(text: string, names: readonly string[]): string | undefined {
  let best: { name: string; edits: number } | undefined;
  for (const name of names) {
    if (Math.abs(name.length - text.length) > mostEdits(name)) continue;
    const edits = editsBetween(text.toLowerCase(), name);
    if (edits <= mostEdits(name) && (!best || edits < best.edits)) best = { name, edits };
  }
  return best?.name;
}

function mostEdits(name: string): number {
  return Math.max(1, Math.floor(name.length / 3));
}

/** Letters to add, remove, replace or swap with their neighbour (Damerau and Levenshtein's distance, row by row). */
export function editsBetween(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const isSame = left[i - 1] === right[j - 1];
      const isSwapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      next.push(
        Math.min(
          next[j - 1]! + 1,
          row[j]! + 1,
          row[j - 1]! + (isSame ? 0 : 1),
          isSwapped ? before[j - 2]! + 1 : Infinity,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[right.length]!;
}
