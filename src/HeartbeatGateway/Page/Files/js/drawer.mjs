import { ApiError, call, describe } from './api.mjs';
import { byId, element, setText, showProblem } from './dom.mjs';
import { connectionFacts, disconnectFacts, explain } from './facts.mjs';
import { duration, nameOf, seconds } from './format.mjs';
import { gapPlot } from './plots.mjs';

const refreshMilliseconds = 2000;

/** The details of one connection, open or ended, beside the page. */
export class Drawer {
  #dialog = byId('drawer');
  #problem = byId('drawer-problem');
  #plot = null;
  #timer = null;
  #connection = null;
  #actions;

  /** @param {{disconnect: Function, ban: Function, history: Function}} actions What may be done with a connection. */
  constructor(actions) {
    this.#actions = actions;
    byId('drawer-close').addEventListener('click', () => this.#dialog.close());
    this.#dialog.addEventListener('click', e => { if (e.target === this.#dialog) this.#dialog.close(); });
    this.#dialog.addEventListener('close', () => this.#forget());
  }

  /** Closes it: an action continues elsewhere on the page. */
  close() { this.#dialog.close(); }

  /** Shows an open connection, and follows it. */
  openConnection(connection) {
    this.#begin(nameOf(connection));
    this.#connection = connection;
    setText(byId('drawer-summary'), '');
    this.#showActions(connection, true);
    this.#follow(connection);
  }

  /** Shows an ended connection. */
  openDisconnect(disconnect) {
    this.#begin(nameOf(disconnect));
    setText(byId('drawer-summary'), explain(disconnect));
    this.#showActions(disconnect, false);
    this.#showGaps(disconnect.postMortem?.gapsSeconds ?? [], disconnect.postMortem?.limitSeconds ?? null, disconnect.postMortem?.silentSeconds ?? null);
    this.#showFacts(disconnectFacts(disconnect));
  }

  #begin(title) {
    this.#forget();
    setText(byId('drawer-title'), title);
    showProblem(this.#problem, '');
    this.#showFacts([]);
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#dialog.scrollTop = 0;
    this.#showGaps([], null, null);
  }

  #forget() {
    clearTimeout(this.#timer);
    this.#connection = null;
  }

  async #follow(connection) {
    try {
      const details = await call('GET', `connections/${encodeURIComponent(connection.connectionId)}`, { query: { node: connection.node } });
      if (this.#connection !== connection) return;
      const { heartbeat, connection: now } = details;
      setText(byId('drawer-summary'), `Connected for ${duration(now.ageSeconds)}; the last byte came ${seconds(now.idleSeconds)} ago.`);
      this.#showGaps(heartbeat.gapsSeconds, heartbeat.timeoutSeconds, heartbeat.lastPingSeconds);
      this.#showFacts(connectionFacts(details));
      showProblem(this.#problem, '');
    } catch (error) {
      if (this.#connection !== connection) return;
      const isGone = error instanceof ApiError && error.status === 404;
      showProblem(this.#problem, isGone ? 'This connection has ended. The recent disconnects show why.' : describe(error));
      if (isGone) return;
    }
    this.#timer = setTimeout(() => this.#follow(connection), refreshMilliseconds);
  }

  #showActions(connection, isOpen) {
    const button = (text, className, onclick) => element('button', { type: 'button', className, onclick }, text);
    byId('drawer-actions').replaceChildren(...[
      isOpen ? button('Disconnect…', 'danger', () => this.#actions.disconnect(connection)) : null,
      connection.clientId ? button('Ban the client…', '', () => this.#actions.ban('client', connection.clientId)) : null,
      connection.address ? button('Ban the address…', '', () => this.#actions.ban('address', connection.address)) : null,
      connection.clientId ? button('Its disconnects', '', () => this.#actions.history(connection.clientId)) : null,
    ].filter(made => made !== null));
  }

  /** Gaps as bars, the oldest first; the last bar is the time since the last ping. */
  #showGaps(gaps, limit, open) {
    const target = byId('drawer-gaps');
    const values = open === null ? gaps : [...gaps, open];
    this.#plot ??= gapPlot(target);
    const x = values.map((_, i) => i - values.length + (open === null ? 0 : 1));
    this.#plot.setData([x, values, values.map(() => limit)]);
    const worst = Math.max(0, ...gaps);
    target.setAttribute('aria-label', gaps.length === 0 ? 'No heartbeat gaps yet' : `${gaps.length} gaps between heartbeats, the longest ${seconds(worst)}${limit === null ? '' : `, with a limit of ${limit} s`}`);
    setText(byId('drawer-gaps-note'), gaps.length === 0 ? 'There are no two heartbeats yet.' : `The latest ${gaps.length} gaps and the time since the last ping${limit === null ? '' : `; dashed: the timeout of ${limit} s`}.`);
  }

  #showFacts(groups) { byId('drawer-facts').replaceChildren(...groups.filter(made => made)); }
}
