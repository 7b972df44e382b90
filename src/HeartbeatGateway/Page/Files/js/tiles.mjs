import { byId, setText } from './dom.mjs';
import { counted, number, rate } from './format.mjs';
import { sparkline } from './plots.mjs';

/** The four figures. Each says what is large, what is small, what the line shows, and how to read it out. */
const figures = [
  {
    id: 'tile-connected',
    look: { line: '--accent', fill: '--accent-fill', fromZero: false },
    values: h => h.values('connected'),
    large: h => number(h.latest.connected),
    small: h => `of ${counted(h.latest.open, 'open connection')}`,
    text: values => `Connected clients in five minutes: now ${number(values.at(-1))}, from ${number(Math.min(...values))} to ${number(Math.max(...values))}`,
  },
  {
    id: 'tile-heartbeats',
    look: { line: '--accent', fill: '--accent-fill', fromZero: true },
    values: h => h.values('heartbeatsPerSecond'),
    large: h => rate(h.recentRate),
    small: h => `${number(h.latest.heartbeats)} answered since the start`,
    text: values => `Heartbeats per second in five minutes, at most ${rate(Math.max(...values))}`,
  },
  {
    id: 'tile-timeouts',
    look: { line: '--bad', fill: '--bad-fill', fromZero: true, bars: true },
    values: h => h.growth('timeouts'),
    large: h => number(h.grown('timeouts')),
    small: h => `in five minutes; ${number(h.latest.timeouts)} since the start`,
    text: values => `${counted(sum(values), 'timeout')} in five minutes`,
    isCalm: h => h.grown('timeouts') === 0,
  },
  {
    id: 'tile-reconnects',
    look: { line: '--warning', fill: '--warning-fill', fromZero: true, bars: true },
    values: h => h.growth('reconnects'),
    large: h => number(h.grown('reconnects')),
    small: h => `in five minutes; ${number(h.latest.reconnects)} since the start`,
    text: values => `${counted(sum(values), 'reconnect')} in five minutes`,
    isCalm: h => h.grown('reconnects') === 0,
  },
];

/** The figures at the top of the page, with five minutes of history. */
export class Tiles {
  #tiles = figures.map(figure => {
    const tile = byId(figure.id);
    const spark = tile.querySelector('.spark');
    return { ...figure, tile, spark, plot: null };
  });

  update(history) {
    if (history.isEmpty) return;
    const times = history.times();
    for (const tile of this.#tiles) {
      const values = tile.values(history);
      setText(tile.tile.querySelector('.figure'), tile.large(history));
      setText(tile.tile.querySelector('.note'), tile.small(history));
      tile.tile.classList.toggle('calm', tile.isCalm?.(history) ?? false);
      tile.spark.setAttribute('aria-label', tile.text(values));
      tile.plot ??= sparkline(tile.spark, tile.look);
      tile.plot.setData([times, values]);
    }
  }
}

const sum = values => values.reduce((a, b) => a + b, 0);
