import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { adminKey, freePort, readKey, keys, secret } from './lib/gateway.mjs';
import { root } from './lib/paths.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

/** The client of docs/clients.md, word for word. */
const source = async () => {
  const document = await readFile(path.join(root, 'docs/clients.md'), 'utf8');
  const blocks = [...document.matchAll(/^```js\n(.*?)^```$/gms)].map(match => match[1]).filter(block => block.includes('export class GatewayClient'));
  assert.equal(blocks.length, 1, 'docs/clients.md must show the client once');
  return blocks[0];
};

/** A web server with an origin of its own: one page, and the client as a module. */
async function site(t) {
  const module = await source();
  const server = createServer((request, response) => {
    const isModule = request.url === '/gateway-client.js';
    response.writeHead(200, { 'Content-Type': isModule ? 'text/javascript' : 'text/html' }).end(isModule ? module : '<!doctype html><title>A page</title>');
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://localhost:${server.address().port}`;
}

async function stage(t, settings = {}) {
  const [origin, other, port] = [await site(t), await site(t), await freePort()];
  const { gateway, browser } = await scene(t, { ...keys(), Gateway__WebSocket__Endpoint: `127.0.0.1:${port}`, Gateway__WebSocket__AllowedOrigins__0: origin, ...settings });
  const openPage = async at => {
    const page = await browser.newPage();
    await page.goto(at);
    return page;
  };
  /** Starts a client in a page; its states and messages are in window.states and window.messages. */
  const connect = (page, clientId, options = {}) => page.evaluate(async ([url, id, key, more]) => {
    const { GatewayClient } = await import('/gateway-client.js');
    Object.assign(window, { states: [], messages: [] });
    window.client = new GatewayClient({
      url, clientId: id, secret: key, keyId: 'k1', ...more,
      onState: (name, details) => window.states.push({ name, ...details }),
      onMessage: (type, bytes) => window.messages.push({ type, text: new TextDecoder().decode(bytes) }),
    });
    await window.client.start();
  }, [`ws://127.0.0.1:${port}/ws`, clientId, secret, options]);
  const state = (page, name, count = 1) => until(`${count} × ${name}`, async () => {
    const found = (await page.evaluate(() => window.states)).filter(s => s.name === name);
    return found.length >= count && found[count - 1];
  });
  const metric = async series => {
    const line = (await (await fetch(`${gateway.url}/metrics`)).text()).split('\n').find(l => l.startsWith(`${series} `));
    return Number(line.slice(series.length + 1));
  };
  return { gateway, origin, other, openPage, connect, state, metric };
}

test('a page connects, is listed, keeps its heartbeat, and gets messages', async t => {
  const { gateway, origin, openPage, connect, state, metric } = await stage(t);
  const page = await openPage(origin);
  await connect(page, 'page-1', { heartbeatSeconds: 1 });
  const welcome = await state(page, 'connected');
  assert.equal(welcome.heartbeatSeconds, 1);

  const { json } = await gateway.call('GET', 'clients?id=page-1', { key: readKey });
  assert.deepEqual(json.clients.map(c => [c.clientId, c.state]), [['page-1', 'connected']]);
  assert.equal((await gateway.call('GET', 'clients/page-1', { key: readKey })).json.transport, 'websocket');
  assert.equal(await metric('heartbeatgateway_connected_clients_by_transport{transport="websocket"}'), 1);

  // Longer than the timeout of 3 s: the heartbeats have kept the client.
  await until('five heartbeats', async () => await metric('heartbeatgateway_heartbeats_total') >= 5);
  assert.deepEqual((await page.evaluate(() => window.states)).filter(s => s.name === 'closed'), []);

  const content = 'ü'.repeat(30_000);
  assert.equal((await gateway.call('POST', 'clients/page-1/messages', { key: adminKey, body: { type: 'news', text: content } })).status, 202);
  const message = await until('the message', () => page.evaluate(() => window.messages[0]));
  assert.deepEqual(message, { type: 'news', text: content });
  assert.equal(await page.evaluate(() => window.client.send('message', 'from a page')), true);
  await until('a message at the gateway', async () => await metric('heartbeatgateway_messages_total{outcome="accepted"}') === 1);
});

test('a page reconnects after a close with retry, in its slot, and stops after one without', async t => {
  const { gateway, origin, openPage, connect, state } = await stage(t);
  const page = await openPage(origin);
  await connect(page, 'page-1');
  const first = await state(page, 'connected');
  await gateway.call('DELETE', 'clients/page-1?retry=true&afterMs=300', { key: adminKey });
  const closed = await state(page, 'closed');
  assert.deepEqual([closed.reason, closed.retry], ['kicked', true]);
  assert.equal((await state(page, 'waiting', 2)).ms, 300);
  const second = await state(page, 'connected', 2);
  assert.ok(second.generation > first.generation);
  assert.equal(second.reconnected, true);

  await gateway.call('DELETE', 'clients/page-1?retry=false', { key: adminKey });
  assert.equal((await state(page, 'closed', 2)).retry, false);
  assert.equal((await page.evaluate(() => window.states)).filter(s => s.name === 'waiting').length, 2);
});

test('a page reconnects after a restart of the gateway', async t => {
  const { gateway, origin, openPage, connect, state } = await stage(t);
  const page = await openPage(origin);
  await connect(page, 'page-1');
  await state(page, 'connected');
  await gateway.stop();
  await state(page, 'closed');
  await gateway.resume();
  assert.equal((await state(page, 'connected', 2)).reconnected, true);
});

test('a page with a wrong clock corrects it from the close frame', async t => {
  const { origin, openPage, connect, state } = await stage(t);
  const page = await openPage(origin);
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() - 4_000_000;
  });
  await connect(page, 'page-1');
  assert.equal((await state(page, 'closed')).reason, 'token_expired');
  await state(page, 'connected');
});

test('a page of another origin is refused', async t => {
  const { gateway, other, openPage, connect, state } = await stage(t);
  const page = await openPage(other);
  await connect(page, 'page-1');
  assert.equal((await state(page, 'closed')).code, 1006);
  await until('the log line', () => gateway.output.includes('is not in Gateway:WebSocket:AllowedOrigins'));
  assert.equal((await gateway.call('GET', 'status', { key: readKey })).json.connectedClients, 0);
});
