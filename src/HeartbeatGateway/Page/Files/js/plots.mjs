/** Plots by uPlot, which is a classic script and so a global name. Colours come from the style sheet, so they follow the scheme. */

const { uPlot } = globalThis;

const plots = new Set();

/** The value of a custom property, read anew each time that something is drawn. */
const colour = name => () => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const plot of plots) plot.redraw(); });

const resized = new ResizeObserver(entries => {
  for (const { target, contentRect } of entries) {
    const { width, height } = contentRect;
    if (width > 0 && height > 0) target.plot?.setSize({ width: Math.floor(width), height: Math.floor(height) });
  }
});

function create(target, options, data) {
  const plot = new uPlot({ width: Math.floor(target.clientWidth) || 100, height: Math.floor(target.clientHeight) || 40, legend: { show: false }, ...options }, data, target);
  target.plot = plot;
  plots.add(plot);
  resized.observe(target);
  return plot;
}

/** Keeps a flat line off the edges. */
function around(_, min, max) {
  if (min === null) return [0, 1];
  const margin = Math.max((max - min) * 0.12, Math.abs(max) * 0.02, 0.5);
  return [min >= 0 ? Math.max(0, min - margin) : min - margin, max + margin];
}

/**
 * A line without axes.
 * @param {Element} target
 * @param {{line: string, fill: string, fromZero: boolean, bars: boolean}} look Names of custom properties, and whether the scale begins at 0.
 */
export function sparkline(target, { line, fill, fromZero, bars }) {
  return create(target, {
    padding: [4, 0, 2, 0],
    cursor: { show: false },
    axes: [{ show: false }, { show: false }],
    scales: { x: { time: false }, y: { range: fromZero ? (_, __, max) => [0, Math.max(1, max * 1.1)] : around } },
    series: [{}, {
      points: { show: false },
      // Bars without an outline: one of 0 is not seen.
      ...(bars ? { fill: colour(line), width: 0, paths: uPlot.paths.bars({ size: [0.9, 6] }) } : { stroke: colour(line), fill: colour(fill), width: 1.5 }),
    }],
  }, [[], []]);
}

/** The gaps between heartbeats as bars, with the limit as a line. */
export function gapPlot(target) {
  const axis = { stroke: colour('--quiet'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return create(target, {
    padding: [8, 8, 0, 0],
    cursor: { show: false },
    scales: { x: { time: false, range: (_, min, max) => [min - 0.6, max + 0.6] }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.15)] } },
    axes: [{ ...axis, size: 24, grid: { show: false }, incrs: [1, 2, 5], values: (_, ticks) => ticks.map(t => t === 0 ? 'now' : `${t}`) }, { ...axis, size: 44, values: (_, ticks) => ticks.map(t => `${t} s`) }],
    series: [
      {},
      { stroke: colour('--accent'), fill: colour('--accent-fill'), width: 1, points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 28] }) },
      { stroke: colour('--bad'), width: 1.5, dash: [6, 4], points: { show: false } },
    ],
  }, [[], [], []]);
}
