/** A text of at most `most` characters; what is cut off is shown by an ellipsis. Cuts no surrogate pair. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
