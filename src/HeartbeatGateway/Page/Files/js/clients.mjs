import { ApiError, call, describe } from './api.mjs';
import { clientColumns, clientSorts } from './clientColumns.mjs';
import { byId, debounce, element, setText, showProblem } from './dom.mjs';
import { counted, number } from './format.mjs';
import { Pager } from './pager.mjs';
import { Table } from './table.mjs';

const pageSize = 25;

/** The table of connections: search, order and pages are the gateway's work, so that it is as quick with 18,000 as with ten. */
export class Clients {
  #by = byId('search-by');
  #text = byId('search-text');
  #state = byId('state');
  #sort = byId('sort');
  #orderButton = byId('order');
  #problem = byId('clients-problem');
  #order = 'asc';
  #pager = new Pager('clients', () => this.refresh());
  #table;
  #asked = 0;

  /** @param {(connection: object) => void} open Shows one connection. */
  constructor(open) {
    this.#table = new Table(byId('client-table'), { columns: clientColumns, keyOf: c => `${c.node ?? ''} ${c.connectionId}`, open, sort: name => this.#sortBy(name) });
    this.#sort.append(...clientSorts.map(({ name, title }) => element('option', { value: name }, title)));
    byId('client-search').addEventListener('submit', e => { e.preventDefault(); this.#begin(); });
    this.#text.addEventListener('input', debounce(() => this.#begin()));
    for (const select of [this.#by, this.#state]) select.addEventListener('change', () => this.#begin());
    this.#sort.addEventListener('change', () => this.#setSort(this.#sort.value, clientSorts.find(s => s.name === this.#sort.value).first));
    this.#orderButton.addEventListener('click', () => this.#setSort(this.#sort.value, this.#order === 'asc' ? 'desc' : 'asc'));
    this.#setSort('connectedAt', 'asc', false);
    this.#by.addEventListener('change', () => { this.#text.placeholder = { prefix: 'pump-', id: 'pump-17', address: '192.0.2.0/24', key: 'k1' }[this.#by.value]; });
  }

  /** Fetches the page that is shown again. */
  async refresh() {
    const asked = ++this.#asked;
    try {
      const page = await call('GET', 'clients', { query: { ...this.#filter(), sort: this.#sort.value, order: this.#order, limit: `${pageSize}`, cursor: this.#pager.cursor } });
      // A later question has been asked meanwhile.
      if (asked !== this.#asked) return;
      this.#table.show(page.clients, this.#isFiltered() ? 'No connection matches.' : 'No connection is open.');
      const first = (this.#pager.page - 1) * pageSize;
      this.#pager.show(page.next, page.clients.length === 0 ? '' : `${number(first + 1)} to ${number(first + page.clients.length)}${page.next || this.#pager.page > 1 ? `, page ${number(this.#pager.page)}` : `: ${counted(page.clients.length, 'connection')}`}`);
      showProblem(this.#problem, '');
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof ApiError && error.code === 'invalid_cursor' && this.#pager.page > 1) {
        // The gateway was restarted: its cursors are new.
        this.#pager.reset();
        return this.refresh();
      }
      showProblem(this.#problem, describe(error));
    }
  }

  #filter() {
    const text = this.#text.value.trim();
    return { [this.#by.value]: text, state: this.#state.value };
  }

  #isFiltered() { return this.#text.value.trim() !== '' || this.#state.value !== ''; }

  #begin() {
    this.#pager.reset();
    this.refresh();
  }

  #sortBy(name) {
    const isSame = this.#sort.value === name;
    this.#setSort(name, isSame ? (this.#order === 'asc' ? 'desc' : 'asc') : clientSorts.find(s => s.name === name).first);
  }

  #setSort(name, order, fetches = true) {
    this.#sort.value = name;
    this.#order = order;
    setText(this.#orderButton, order === 'asc' ? '↑' : '↓');
    this.#orderButton.setAttribute('aria-label', order === 'asc' ? 'Ascending; change to descending' : 'Descending; change to ascending');
    this.#table.markSort(name, order);
    if (fetches) this.#begin();
  }
}
