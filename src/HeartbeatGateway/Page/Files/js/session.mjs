/** The operator's key, in this tab only, and what it may do. */

const storageName = 'heartbeatgateway-key';
const ranks = ['read', 'send', 'admin'];

class Session extends EventTarget {
  #key = read();

  /** What the key may do, as the gateway has said; null before. */
  scope = null;

  /** The id of the key; null before. */
  caller = null;

  get key() { return this.#key; }

  /** A key that the gateway has accepted; null forgets it. */
  set key(key) {
    this.#key = key;
    try {
      if (key) sessionStorage.setItem(storageName, key);
      else sessionStorage.removeItem(storageName);
    } catch {
      // The browser keeps nothing for this page: the key lives until the page is closed.
    }
    this.dispatchEvent(new Event('changed'));
  }

  /** Whether the key includes a scope. */
  allows(scope) { return ranks.indexOf(this.scope) >= ranks.indexOf(scope); }

  /** The gateway demands a key, or refused the one in use. */
  demand(reason) { this.dispatchEvent(Object.assign(new Event('demanded'), { reason })); }
}

function read() {
  try {
    return sessionStorage.getItem(storageName);
  } catch {
    return null;
  }
}

export const session = new Session();
