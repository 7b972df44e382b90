import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { gatewayDll } from './paths.mjs';
import { until } from './waiting.mjs';

/** The secret of the test clients. */
export const secret = 'sixteen-byte-key-of-the-browser-tests';

/** Keys that `keys()` configures. */
export const readKey = 'read-key-0123456789';
export const adminKey = 'admin-key-0123456789';

/** Settings of a gateway with a key for reading and one for changes. */
export const keys = () => ({
  Gateway__Admin__Keys__0__Id: 'reader', Gateway__Admin__Keys__0__Key: readKey, Gateway__Admin__Keys__0__Scope: 'Read',
  Gateway__Admin__Keys__1__Id: 'operator', Gateway__Admin__Keys__1__Key: adminKey, Gateway__Admin__Keys__1__Scope: 'Admin',
});

/** The built service as a process, on free ports of 127.0.0.1. */
export class Gateway {
  #process;
  #exited;
  #settings;

  constructor(settings, tcpPort, httpPort) {
    this.#settings = settings;
    this.tcpPort = tcpPort;
    this.httpPort = httpPort;
    this.output = '';
  }

  /** The address of the HTTP port. */
  get url() { return `http://127.0.0.1:${this.httpPort}`; }

  /**
   * Starts a gateway and waits until it accepts clients.
   * @param {Record<string, string>} settings More settings, as environment variables.
   */
  static async start(settings = {}) {
    if (!existsSync(gatewayDll)) throw new Error(`${gatewayDll} is missing: dotnet build src/HeartbeatGateway`);
    const gateway = new Gateway(settings, await freePort(), await freePort());
    await gateway.resume();
    return gateway;
  }

  /** Starts the process, again after `stop`, with the same ports and settings. */
  async resume() {
    const environment = {
      ...process.env,
      ASPNETCORE_ENVIRONMENT: 'Production',
      ASPNETCORE_URLS: this.url,
      Gateway__Tcp__Endpoint: `127.0.0.1:${this.tcpPort}`,
      Gateway__Draining__Duration: '00:00:00',
      Gateway__Tokens__Keys__0__Id: 'k1',
      Gateway__Tokens__Keys__0__Secret: secret,
      ...this.#settings,
    };
    delete environment.DOTNET_ENVIRONMENT;
    this.output = '';
    this.#process = spawn('dotnet', [gatewayDll], { env: environment, cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#exited = new Promise(resolve => this.#process.once('exit', code => resolve(code)));
    for (const stream of [this.#process.stdout, this.#process.stderr]) stream.setEncoding('utf8').on('data', text => { this.output = (this.output + text).slice(-100_000); });
    await until('the gateway accepts clients', () => {
      if (this.#process.exitCode !== null) throw new Error(`The gateway did not start:\n${this.output}`);
      return this.output.includes('accepts clients on');
    });
  }

  /** Makes the process read its configuration again, and waits until it has. */
  async reload() {
    this.output = '';
    this.#process.kill('SIGHUP');
    await until('the configuration is in force', () => this.output.includes('has changed and is in force'));
  }

  /** Ends the process, as an orchestrator does. */
  async stop() {
    this.#process.kill('SIGTERM');
    await this.#exited;
  }

  /** Ends the process at once. */
  async kill() {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }

  /**
   * Calls the HTTP API.
   * @param {string} method
   * @param {string} path The path below /api/v1/.
   */
  async call(method, path, { key, body } = {}) {
    const headers = {};
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const response = await fetch(`${this.url}/api/v1/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, json: text ? JSON.parse(text) : null };
  }
}

/** A port that is free now, outside the range of ephemeral ports, so that no outgoing connection takes it before the gateway does. */
export async function freePort() {
  while (true) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    const isFree = await new Promise(resolve => {
      const server = createServer().once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
