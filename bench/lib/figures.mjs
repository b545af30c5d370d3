/** The middle value; of an even count the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value below which the given part (0 to 1) of all values lies, by nearest rank. */
export function quantile(values, part) {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(part * sorted.length) - 1))];
}

/** 12345.6 → `12,346`; below 100 with one digit, below 10 with two. */
export function figure(value) {
  if (typeof value !== 'number') return String(value ?? '–');
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Rows of cells as aligned text; the first row is the head. Numbers stand to the right. */
export function table(rows) {
  const text = rows.map((row) => row.map((cell) => figure(cell)));
  const widths = text[0].map((_, column) => Math.max(...text.map((row) => (row[column] ?? '').length)));
  const isNumeric = rows[0].map((_, column) => rows.slice(1).every((row) => typeof row[column] !== 'string'));
  const line = (row) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  return [
    line(text[0]),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...text.slice(1).map(line),
  ].join('\n');
}
