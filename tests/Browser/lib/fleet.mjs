import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { encode, FrameReader } from './frames.mjs';
import { secret } from './gateway.mjs';

/** Clients in this process that keep their heartbeat. */
export class Fleet {
  #clients = new Map();
  #gateway;

  constructor(gateway) { this.#gateway = gateway; }

  /** How many are welcome now. */
  get connected() { return [...this.#clients.values()].filter(c => c.isWelcome).length; }

  /**
   * Connects clients and waits until the gateway has welcomed each.
   * @param {string[]} ids
   * @param {{heartbeatSeconds?: number, client?: string, reconnects?: boolean, at?: number}} options
   */
  async connect(ids, options = {}) {
    // A few come one after another, so that their order is known.
    const chunk = options.at ?? (ids.length <= 100 ? 1 : 200);
    for (let i = 0; i < ids.length; i += chunk) await Promise.all(ids.slice(i, i + chunk).map(id => this.#add(id, options)));
  }

  /** Closes the connection of a client, as its peer does. */
  leave(id) { this.#clients.get(id)?.end(); }

  /** Stops the heartbeats of a client; its connection stays open. */
  silence(id) { this.#clients.get(id)?.silence(); }

  has(id) { return this.#clients.get(id)?.isWelcome ?? false; }

  end() {
    for (const client of this.#clients.values()) client.end();
  }

  #add(id, options) {
    const client = new FleetClient(this.#gateway.tcpPort, id, options);
    this.#clients.set(id, client);
    return client.welcome;
  }
}

class FleetClient {
  #timer;
  #socket;

  constructor(port, id, { heartbeatSeconds = 5, client, features = ['close'] }) {
    this.isWelcome = false;
    const socket = this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const reader = new FrameReader();
    this.welcome = new Promise((resolve, reject) => {
      socket.on('data', bytes => {
        for (const { type } of reader.push(bytes)) {
          if (type === 'close') socket.end();
          if (type !== 'welcome') continue;
          this.isWelcome = true;
          resolve();
        }
      });
      socket.on('error', error => { if (!this.isWelcome) reject(error); });
      socket.on('close', () => {
        this.isWelcome = false;
        clearInterval(this.#timer);
        reject(new Error(`The connection of ${id} was closed.`));
      });
    });
    this.welcome.catch(() => {});
    socket.on('connect', () => {
      const hello = { clientId: id, nonce: randomUUID(), instance: randomUUID(), heartbeatSeconds, features, ...(client ? { client } : {}) };
      socket.write(encode(secret, 'hello', JSON.stringify(hello)));
      this.#timer = setInterval(() => socket.write(encode(secret, 'ping')), heartbeatSeconds * 1000);
    });
  }

  silence() { clearInterval(this.#timer); }

  end() {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}
