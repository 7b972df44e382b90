import { ApiError, call, describe } from './api.mjs';
import { byId, debounce, showProblem } from './dom.mjs';
import { clock, counted, duration, nameOf, number } from './format.mjs';
import { Pager } from './pager.mjs';
import { Table } from './table.mjs';

const pageSize = 12;

const columns = [
  { name: 'client', title: 'Client', text: nameOf },
  { name: 'time', title: 'Time', text: d => clock(d.time), hint: d => d.time },
  { name: 'reason', title: 'Reason', text: d => d.reason, hint: d => d.detail ?? '' },
  { name: 'origin', title: 'Origin', priority: 2, text: d => d.origin ?? '–' },
  { name: 'cause', title: 'Post-mortem', priority: 2, text: d => d.postMortem?.cause.replaceAll('_', ' ') ?? '–', level: d => d.postMortem ? 'warning' : '' },
  { name: 'lasted', title: 'Lasted', priority: 3, isNumber: true, text: d => duration(d.durationSeconds) },
];

/** The ended connections, the newest first. */
export class Disconnects {
  #id = byId('disconnect-id');
  #origin = byId('disconnect-origin');
  #problem = byId('disconnects-problem');
  #pager = new Pager('disconnects', () => this.refresh());
  #table;
  #asked = 0;

  /** @param {(disconnect: object) => void} open Shows one of them. */
  constructor(open) {
    this.#table = new Table(byId('disconnect-table'), { columns, keyOf: d => `${d.node ?? ''} ${d.number}`, open });
    byId('disconnect-search').addEventListener('submit', e => { e.preventDefault(); this.#begin(); });
    this.#id.addEventListener('input', debounce(() => this.#begin()));
    this.#origin.addEventListener('change', () => this.#begin());
  }

  /** Shows those of one client. */
  choose(clientId) {
    this.#id.value = clientId;
    this.#origin.value = '';
    this.#begin();
    this.#id.focus();
  }

  async refresh() {
    const asked = ++this.#asked;
    try {
      const page = await call('GET', 'disconnects', { query: { prefix: this.#id.value.trim(), origin: this.#origin.value, limit: `${pageSize}`, cursor: this.#pager.cursor } });
      if (asked !== this.#asked) return;
      this.#table.show(page.disconnects, this.#id.value || this.#origin.value ? 'No disconnect matches.' : 'No connection has ended yet.');
      const first = (this.#pager.page - 1) * pageSize;
      this.#pager.show(page.next, page.disconnects.length === 0 ? '' : page.next || first > 0 ? `${number(first + 1)} to ${number(first + page.disconnects.length)}` : counted(page.disconnects.length, 'disconnect'));
      showProblem(this.#problem, '');
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof ApiError && error.code === 'invalid_cursor' && this.#pager.page > 1) {
        this.#pager.reset();
        return this.refresh();
      }
      showProblem(this.#problem, describe(error));
    }
  }

  #begin() {
    this.#pager.reset();
    this.refresh();
  }
}
