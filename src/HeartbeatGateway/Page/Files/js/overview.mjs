import { byId, setText } from './dom.mjs';
import { duration } from './format.mjs';
import { History } from './history.mjs';
import { Tiles } from './tiles.mjs';
import { verdictOf } from './verdict.mjs';

/** The verdict and the figures, from the stream of snapshots. */
export class Overview {
  #history = new History();
  #tiles = new Tiles();
  #announced = '';
  #state = { name: 'connecting', failures: 0 };

  /** The latest snapshot; undefined before the first. */
  get latest() { return this.#history.latest; }

  begin(snapshots) {
    this.#history.replace(snapshots);
    this.#show();
  }

  add(snapshot) {
    this.#history.add(snapshot);
    this.#show();
  }

  /** The state of the stream. */
  setState(state) {
    this.#state = state;
    const live = byId('live');
    live.dataset.state = state.name;
    setText(live, { live: 'Live', connecting: 'Connecting', locked: 'Key needed', waiting: 'Reconnecting' }[state.name]);
    document.body.classList.toggle('stale', state.name === 'waiting' || state.name === 'locked');
    this.#showVerdict();
  }

  showStatus(status) {
    setText(byId('build'), status.version.split('+')[0]);
    byId('build').title = `Version ${status.version}`;
    setText(byId('uptime'), `up ${duration(status.uptimeSeconds)} · ${status.caller}, scope ${status.scope}`);
  }

  #show() {
    this.#tiles.update(this.#history);
    this.#showVerdict();
  }

  #showVerdict() {
    const { level, text, kind } = this.#verdict();
    byId('verdict').dataset.level = level;
    setText(byId('verdict-text'), text);
    const figures = this.#history.isEmpty ? '' : ` · ${byId('tile-connected').querySelector('.figure').textContent}`;
    document.title = `${{ good: '✓', warning: '!', bad: '✕' }[level] ?? '…'} HeartbeatGateway${figures}`;
    // Read out when what is said changes, not each second with the figures.
    if (kind !== this.#announced) setText(byId('announcer'), text);
    this.#announced = kind;
  }

  #verdict() {
    const state = this.#state;
    if (state.name === 'locked') return { level: 'unknown', kind: 'locked', text: 'The gateway shows its data to callers with a key.' };
    if (state.name === 'waiting' || (state.name === 'connecting' && state.failures > 0)) {
      const soon = state.seconds >= 1 ? `trying again in ${Math.ceil(state.seconds)} s` : 'trying again';
      return { level: 'bad', kind: 'lost', text: `The page has lost the gateway; ${soon}. ${state.detail ?? ''}`.trim() };
    }
    if (this.#history.isEmpty) return { level: 'unknown', kind: 'connecting', text: 'Connecting to the gateway…' };
    return verdictOf(this.#history);
  }
}
