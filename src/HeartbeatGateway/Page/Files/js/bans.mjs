import { call, describe } from './api.mjs';
import { change, confirmChange } from './confirm.mjs';
import { byId, element, showProblem } from './dom.mjs';
import { clock, counted, number } from './format.mjs';

const kinds = { client: ['clientId', 'Client'], address: ['address', 'Address'], key: ['keyId', 'Key'] };

const lengths = [['3600', 'an hour'], ['86400', 'a day'], ['604800', 'a week'], ['', 'no end']];

/** Who may not connect. */
export class Bans {
  #list = byId('ban-list');

  /** @param {() => void} changed A ban was added or lifted. */
  constructor(changed) {
    this.changed = changed;
    byId('ban-add').addEventListener('click', () => this.add('client', ''));
  }

  async refresh() {
    try {
      const { bans } = await call('GET', 'bans');
      this.#show(bans);
      showProblem(byId('bans-problem'), '');
    } catch (error) {
      showProblem(byId('bans-problem'), describe(error));
    }
  }

  /** Asks for a ban, with values to begin with. */
  add(kind, value) {
    const kindSelect = select('ban-kind', [['client', 'Client id'], ['address', 'Address or network'], ['key', 'Key id']], kind);
    const valueInput = element('input', { id: 'ban-value', value, required: true, maxLength: 128, autocomplete: 'off', spellcheck: false });
    const length = select('ban-length', lengths, '86400');
    const comment = element('input', { id: 'ban-comment', maxLength: 200, autocomplete: 'off' });
    confirmChange({
      title: 'Add a ban?',
      text: 'Connections that it matches are closed at once, and new ones are refused.',
      button: 'Ban',
      fields: [labelled('What', kindSelect), labelled('Value', valueInput), labelled('For', length), labelled('Comment', comment)],
      run: async key => {
        const body = { [kinds[kindSelect.value][0]]: valueInput.value.trim() };
        if (comment.value.trim()) body.comment = comment.value.trim();
        if (length.value) body.durationSeconds = Number(length.value);
        await change('POST', 'bans', key, body);
        this.#changed();
      },
    });
    if (value) comment.focus();
  }

  #remove(ban) {
    confirmChange({
      title: 'Lift the ban?',
      text: `${kinds[ban.kind]?.[1] ?? ban.kind} ${ban.value} may connect again.`,
      button: 'Lift the ban',
      run: async key => {
        await change('DELETE', `bans/${encodeURIComponent(ban.id)}`, key);
        this.#changed();
      },
    });
  }

  #changed() {
    this.refresh();
    this.changed();
  }

  #show(bans) {
    byId('bans-empty').hidden = bans.length > 0;
    // Nothing is replaced while it is in use.
    if (this.#list.contains(document.activeElement) && this.#list.childElementCount === bans.length) return;
    this.#list.replaceChildren(...bans.map(ban => this.#item(ban)));
  }

  #item(ban) {
    const facts = [
      ban.isAutomatic ? 'automatic' : ban.createdBy ? `by ${ban.createdBy}` : null,
      ban.expiresAt ? `until ${clock(ban.expiresAt)}` : 'without end',
      `${number(ban.refused)} refused`,
      ban.matchingCount > 0 ? `matches ${counted(ban.matchingCount, 'connection')} now` : null,
      ban.comment,
    ].filter(fact => fact);
    return element('li', {},
      element('div', {}, element('span', { className: 'kind' }, kinds[ban.kind]?.[1] ?? ban.kind), ' ', element('b', {}, ban.value)),
      element('div', { className: 'quiet' }, facts.join(' · ')),
      element('button', { type: 'button', 'aria-label': `Lift the ban of ${ban.value}`, onclick: () => this.#remove(ban) }, 'Lift…'));
  }
}

const select = (id, options, value) => {
  const made = element('select', { id }, ...options.map(([name, text]) => element('option', { value: name }, text)));
  made.value = value;
  return made;
};

const labelled = (text, field) => element('p', { className: 'field' }, element('label', { htmlFor: field.id }, text), field);
