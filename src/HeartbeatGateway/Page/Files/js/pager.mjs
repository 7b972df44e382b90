import { byId, setText } from './dom.mjs';

/** Two buttons over opaque cursors: the cursors of the pages before are kept, since a cursor leads forward only. */
export class Pager {
  #cursors = [''];
  #next = null;

  /**
   * @param {string} prefix The beginning of the ids of the buttons and of the note.
   * @param {() => void} turn Fetches the page at `cursor`.
   */
  constructor(prefix, turn) {
    this.previousButton = byId(`${prefix}-previous`);
    this.nextButton = byId(`${prefix}-next`);
    this.note = byId(`${prefix}-note`);
    this.previousButton.addEventListener('click', () => { this.#cursors.pop(); turn(); });
    this.nextButton.addEventListener('click', () => { this.#cursors.push(this.#next); turn(); });
  }

  /** The cursor of the page that is shown; empty on the first one. */
  get cursor() { return this.#cursors.at(-1); }

  get page() { return this.#cursors.length; }

  reset() { this.#cursors = ['']; }

  /** A page was fetched. */
  show(next, text) {
    this.#next = next;
    const focused = document.activeElement;
    this.previousButton.disabled = this.page === 1;
    this.nextButton.disabled = next === null;
    // A button that was pressed and is disabled now would drop the focus to the start of the page.
    if (focused?.disabled && (focused === this.previousButton || focused === this.nextButton)) (focused === this.nextButton ? this.previousButton : this.nextButton).focus();
    setText(this.note, text);
  }
}
