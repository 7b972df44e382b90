import { call, describe } from './api.mjs';
import { byId, setText, showProblem } from './dom.mjs';
import { session } from './session.mjs';

const dialog = byId('confirm-dialog');
const keyInput = byId('confirm-key-input');
const problem = byId('confirm-problem');
const button = byId('confirm-do');

let current = null;

/**
 * Asks before a change. Where the key in use does not include the scope, another one is asked for: it is used for this change only.
 * @param {{title: string, text: string, button: string, fields?: Node[], scope?: string, run: (key: string | undefined) => Promise<void>}} question
 *   `run` makes the change; its failure is shown, and the dialog stays open.
 */
export function confirmChange(question) {
  current = { scope: 'admin', fields: [], ...question };
  setText(byId('confirm-title'), current.title);
  setText(byId('confirm-text'), current.text);
  setText(button, current.button);
  byId('confirm-fields').replaceChildren(...current.fields);
  showProblem(problem, '');
  const needsKey = !session.allows(current.scope);
  byId('confirm-key').hidden = !needsKey;
  keyInput.required = needsKey;
  keyInput.value = '';
  setText(byId('confirm-scope'), current.scope);
  dialog.showModal();
  // The safe choice has the focus, unless there is something to fill in.
  (current.fields.length > 0 ? dialog.querySelector('#confirm-fields input, #confirm-fields select') : needsKey ? keyInput : byId('confirm-cancel')).focus();
}

/** A change by the API, as `run` makes it. */
export const change = (method, path, key, body) => call(method, path, { key: key || undefined, body });

byId('confirm-cancel').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  keyInput.value = '';
  current = null;
});
dialog.querySelector('form').addEventListener('submit', async event => {
  event.preventDefault();
  const asked = current;
  button.disabled = true;
  showProblem(problem, '');
  try {
    await asked.run(keyInput.value.trim());
    if (current === asked) dialog.close();
  } catch (error) {
    if (current === asked) showProblem(problem, describe(error));
  } finally {
    button.disabled = false;
  }
});
