import { element, setText } from './dom.mjs';

/**
 * The rows of a table, kept while their key stays, so that focus and selection survive an update.
 * A column is `{name, title, text(row), priority, isNumber, sort}`: columns of a lower priority are left out on narrow screens.
 */
export class Table {
  #columns;
  #table;
  #keyOf;
  #open;
  #rows = new Map();

  /**
   * @param {HTMLTableElement} table
   * @param {{columns: object[], keyOf: (row: object) => string, open: (row: object) => void, sort?: (name: string) => void}} options
   */
  constructor(table, { columns, keyOf, open, sort }) {
    this.#table = table;
    this.#columns = columns;
    this.#keyOf = keyOf;
    this.#open = open;
    const head = element('tr', {}, ...columns.map(column => {
      const title = column.sort && sort ? element('button', { type: 'button', onclick: () => sort(column.sort) }, column.title) : column.title;
      return element('th', { scope: 'col', className: classOf(column), 'data-column': column.name }, title);
    }));
    table.tHead.replaceChildren(head);
  }

  /** Marks the column that the rows are sorted by. */
  markSort(name, order) {
    for (const cell of this.#table.tHead.rows[0].cells) {
      const column = this.#columns.find(c => c.name === cell.dataset.column);
      if (column.sort && column.sort === name) cell.setAttribute('aria-sort', order === 'desc' ? 'descending' : 'ascending');
      else cell.removeAttribute('aria-sort');
    }
  }

  /** Shows rows. `emptyText` is shown when there are none. */
  show(rows, emptyText) {
    const body = this.#table.tBodies[0];
    const focused = document.activeElement;
    const wanted = rows.length > 0 ? rows.map(row => this.#row(row)) : [this.#empty(emptyText)];
    wanted.forEach((row, i) => { if (body.rows[i] !== row) body.insertBefore(row, body.rows[i] ?? null); });
    while (body.rows.length > wanted.length) body.lastElementChild.remove();
    const shown = new Set(rows.map(this.#keyOf));
    for (const key of this.#rows.keys()) if (!shown.has(key)) this.#rows.delete(key);
    // A row that moves loses the focus.
    if (focused !== document.activeElement && body.contains(focused)) focused.focus({ preventScroll: true });
    this.#hideEmptyColumns(rows);
  }

  #row(data) {
    const key = this.#keyOf(data);
    let row = this.#rows.get(key);
    if (!row) {
      row = element('tr', {}, ...this.#columns.map((column, i) => element('td', { className: classOf(column) }, i === 0 ? this.#opener(key) : null)));
      row.addEventListener('click', e => { if (!e.target.closest('button') && getSelection().isCollapsed) this.#open(row.data); });
      this.#rows.set(key, row);
    }
    row.data = data;
    this.#columns.forEach((column, i) => {
      const cell = row.cells[i];
      setText(i === 0 ? cell.firstChild : cell, column.text(data));
      const hint = column.hint?.(data) ?? '';
      if (cell.title !== hint) cell.title = hint;
      const level = column.level?.(data) ?? '';
      if ((cell.dataset.level ?? '') !== level) cell.dataset.level = level;
    });
    return row;
  }

  #opener(key) {
    return element('button', { type: 'button', className: 'link', onclick: () => this.#open(this.#rows.get(key).data) });
  }

  #empty(text) { return element('tr', {}, element('td', { colSpan: this.#columns.length, className: 'empty' }, text)); }

  /** A column that the gateway does not fill is left out. */
  #hideEmptyColumns(rows) {
    this.#columns.forEach((column, i) => {
      if (!column.isOptional) return;
      const isHidden = !rows.some(column.has);
      this.#table.tHead.rows[0].cells[i].hidden = isHidden;
      if (rows.length > 0) for (const row of this.#table.tBodies[0].rows) if (row.cells[i]) row.cells[i].hidden = isHidden;
    });
  }
}

const classOf = column => [column.isNumber ? 'number' : '', column.priority ? `priority-${column.priority}` : ''].join(' ').trim();
