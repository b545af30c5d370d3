const WIDTH = 440;
const HEIGHT = 260;
const MARGIN = { left: 64, right: 16, top: 40, bottom: 36 };
// Okabe and Ito's palette, which colour-blind readers tell apart.
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#F0E442', '#000000'];

/**
 * Line charts side by side, on one scale: panels = [{title, lines: [{label, values}]}], values one a second.
 * Gives the text of an SVG file.
 */
export function svgChart({ title, unit, panels }) {
  const most = Math.max(1, ...panels.flatMap(({ lines }) => lines.flatMap(({ values }) => [...values])));
  const top = niceCeiling(most);
  const width = WIDTH * panels.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${HEIGHT + 30}" viewBox="0 0 ${width} ${HEIGHT + 30}" font-family="sans-serif" font-size="12" role="img" aria-label="${escape(title)}">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    `<text x="${MARGIN.left}" y="18" font-size="14" font-weight="bold">${escape(title)}</text>`,
    ...panels.map(
      (panel, index) => `<g transform="translate(${index * WIDTH} 24)">${panelOf(panel, top, unit)}</g>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function panelOf({ title, lines }, top, unit) {
  const seconds = lines[0].values.length - 1;
  const x = (second) => MARGIN.left + (second / seconds) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value) => HEIGHT - MARGIN.bottom - (value / top) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * top).toFixed(1);
    return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${MARGIN.left - 6}" y="${Number(at) + 4}" text-anchor="end">${short(part * top)}</text>`;
  });
  const curves = lines.map(({ values }, index) => {
    const points = [...values].map((value, second) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline fill="none" stroke="${COLOURS[index % COLOURS.length]}" stroke-width="1.6" points="${points.join(' ')}"/>`;
  });
  const legend = lines.map(
    ({ label }, index) =>
      `<text x="${MARGIN.left + 8}" y="${MARGIN.top + 14 + index * 14}" fill="${COLOURS[index % COLOURS.length]}">${escape(label)}</text>`,
  );
  return [
    `<text x="${MARGIN.left}" y="${MARGIN.top - 10}">${escape(title)}: ${escape(unit)}</text>`,
    ...grid,
    ...curves,
    ...legend,
    `<text x="${MARGIN.left}" y="${HEIGHT - 14}">0 s</text><text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 14}" text-anchor="end">${seconds} s</text>`,
  ].join('\n');
}

function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= value);
}

function short(value) {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(2)}M`;
  return value >= 1e3 ? `${+(value / 1e3).toFixed(1)}k` : String(+value.toFixed(1));
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
