import { call, describe } from './api.mjs';
import { byId, setText, showProblem } from './dom.mjs';
import { session } from './session.mjs';

const dialog = byId('key-dialog');
const input = byId('key-input');
const problem = byId('key-problem');

/**
 * Asks for a key.
 * @param {string} reason Why the gateway refused the one in use; empty when there was none.
 */
export function askForKey(reason = '') {
  if (dialog.open) return;
  setText(byId('key-reason'), reason || 'The gateway shows its data to callers with a key.');
  byId('key-forget').hidden = !session.key;
  showProblem(problem, '');
  input.value = '';
  dialog.showModal();
  input.focus();
}

byId('key-cancel').addEventListener('click', () => dialog.close());
byId('key-forget').addEventListener('click', () => {
  dialog.close();
  session.key = null;
});
dialog.addEventListener('close', () => { input.value = ''; });
dialog.querySelector('form').addEventListener('submit', async event => {
  event.preventDefault();
  const key = input.value.trim();
  try {
    await call('GET', 'status', { key });
    dialog.close();
    session.key = key;
  } catch (error) {
    showProblem(problem, describe(error));
    input.select();
  }
});

session.addEventListener('demanded', event => askForKey(event.reason));
byId('key-button').addEventListener('click', () => askForKey(session.key ? `The key in use is '${session.caller ?? 'unknown'}' with the scope ${session.scope ?? 'unknown'}.` : ''));
