/** Five minutes of snapshots, and what follows from them. */

export const capacity = 300;

export class History {
  #snapshots = [];

  get isEmpty() { return this.#snapshots.length === 0; }

  get latest() { return this.#snapshots.at(-1); }

  get all() { return this.#snapshots; }

  replace(snapshots) { this.#snapshots = snapshots.slice(-capacity); }

  add(snapshot) {
    this.#snapshots.push(snapshot);
    if (this.#snapshots.length > capacity) this.#snapshots.shift();
  }

  /** Heartbeats per second over ten seconds: in one second alone, a small fleet has none or all of its heartbeats. */
  get recentRate() {
    const last = this.#snapshots.slice(-10);
    return last.reduce((sum, s) => sum + s.heartbeatsPerSecond, 0) / Math.max(1, last.length);
  }

  /** The snapshot of some seconds ago, or the oldest. */
  ago(seconds) { return this.#snapshots.at(Math.max(0, this.#snapshots.length - 1 - seconds)); }

  /** The times in Unix seconds, for a plot. */
  times() { return this.#snapshots.map(s => Date.parse(s.time) / 1000); }

  values(field) { return this.#snapshots.map(s => s[field]); }

  /** What a total grew by in each second. */
  growth(field) { return this.#snapshots.map((s, i) => i === 0 ? 0 : Math.max(0, s[field] - this.#snapshots[i - 1][field])); }

  /** What a total grew by within some seconds. */
  grown(field, seconds = capacity) { return Math.max(0, this.latest[field] - this.ago(seconds)[field]); }

  /** The label of a table of totals that grew most within some seconds; null when none did. */
  mostGrown(field, seconds) {
    const [now, then] = [this.latest[field] ?? {}, this.ago(seconds)[field] ?? {}];
    const grown = Object.entries(now).map(([label, total]) => [label, total - (then[label] ?? 0)]).filter(([, more]) => more > 0);
    return grown.sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  }
}
