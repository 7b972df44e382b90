import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminKey, keys } from './lib/gateway.mjs';
import { clientsAre, confirm, enterKey, isLive, openDrawer, openLive, overflow } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

/** Skips a test where the gateway does not have an endpoint. */
async function has(t, gateway, path) {
  const { status } = await gateway.call('GET', path, { key: adminKey });
  if (status === 404) t.skip(`this gateway has no /api/v1/${path}`);
  return status !== 404;
}

async function openAsAdmin(page, gateway) {
  await page.goto(`${gateway.url}/`);
  await enterKey(page, adminKey);
  await isLive(page);
}

test('recent disconnects are shown with reason and origin, and can be searched', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  if (!await has(t, gateway, 'disconnects')) return;
  await fleet.connect(['pump-1', 'pump-2', 'fan-1']);
  const { page, faults } = await open();
  await openAsAdmin(page, gateway);
  await gateway.call('DELETE', 'clients/pump-1', { key: adminKey });
  fleet.leave('fan-1');
  const rows = page.locator('#disconnect-table tbody tr');
  await until('both are shown', async () => await rows.count() === 2 && await rows.getByRole('button').count() === 2);
  assert.match(await rows.filter({ hasText: 'pump-1' }).textContent(), /kicked.*operator/);
  assert.match(await rows.filter({ hasText: 'fan-1' }).textContent(), /client/);
  await page.fill('#disconnect-id', 'pump');
  await until('one matches', async () => await rows.count() === 1);
  await rows.getByRole('button', { name: 'pump-1' }).click();
  await page.locator('#drawer[open]').waitFor();
  assert.match(await page.locator('#drawer-summary').textContent(), /kicked/);
  assert.match(await page.locator('#drawer-facts').textContent(), /Lasted/);
  assert.deepEqual(faults, []);
});

test('a client that fell silent has a post-mortem with its gaps', async t => {
  const { gateway, fleet, open } = await scene(t, { ...keys(), Gateway__Heartbeat__ReaderIdle: '00:00:03' });
  if (!await has(t, gateway, 'disconnects')) return;
  await fleet.connect(['pump-1'], { heartbeatSeconds: 1 });
  await until('it has gaps', async () => (await gateway.call('GET', 'clients/pump-1', { key: adminKey })).json.heartbeat?.gapsSeconds.length >= 2);
  fleet.silence('pump-1');
  const { page } = await open();
  await openAsAdmin(page, gateway);
  await page.locator('#disconnect-table').getByRole('button', { name: 'pump-1' }).click();
  assert.match(await page.locator('#drawer-summary').textContent(), /^Client silent: the client sent nothing for/);
  assert.ok(await page.evaluate(() => document.getElementById('drawer-gaps').plot.data[1].length >= 3));
});

test('a ban is added and lifted after confirmations', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  if (!await has(t, gateway, 'bans')) return;
  await fleet.connect(['pump-1', 'pump-2']);
  const { page, faults } = await open();
  await openAsAdmin(page, gateway);
  await page.getByText('Nothing is banned.').waitFor();
  await clientsAre(page, ['pump-1', 'pump-2']);
  await openDrawer(page, 'pump-1');
  await page.getByRole('button', { name: 'Ban the client…' }).click();
  assert.equal(await page.inputValue('#ban-value'), 'pump-1');
  await page.fill('#ban-comment', '<b>sends garbage</b>');
  await confirm(page);
  await until('the client was closed', () => !fleet.has('pump-1'));
  await page.keyboard.press('Escape');
  const item = page.locator('#ban-list li');
  await item.waitFor();
  assert.match(await item.textContent(), /Client pump-1.*<b>sends garbage<\/b>/);
  await clientsAre(page, ['pump-2']);
  await assert.rejects(fleet.connect(['pump-1']));
  await item.getByRole('button').click();
  await confirm(page);
  await page.getByText('Nothing is banned.').waitFor();
  await fleet.connect(['pump-1']);
  assert.deepEqual(faults, []);
});

test('a drain is started, shown and cancelled', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  if (!await has(t, gateway, 'drain')) return;
  await fleet.connect(Array.from({ length: 20 }, (_, i) => `pump-${i}`));
  const { page, faults } = await open();
  await openAsAdmin(page, gateway);
  await page.getByText('Not draining: 20 connections open').waitFor();
  await page.fill('#drain-seconds', '600');
  await page.click('#drain-start');
  await confirm(page);
  await page.getByText(/^Draining since .*, started by operator: \d+ closed, \d+ left\.$/).waitFor();
  await page.getByText(/^The gateway is draining: /).first().waitFor();
  await page.click('#drain-cancel');
  await confirm(page);
  await page.getByText(/^Not draining: /).waitFor();
  assert.deepEqual(faults, []);
});

const ended = (number, cause, more) => ({
  number, time: '2026-11-27T03:12:07Z', connectionId: `${number}`, clientId: `pump-${number}`, generation: 1, address: '192.0.2.17', port: 50112, keyId: 'k1', reason: 'reader_idle', detail: null,
  origin: 'network', connectedAt: '2026-11-27T02:00:00Z', durationSeconds: 4327, bytesIn: 1, bytesOut: 1, framesIn: 1, framesOut: 1,
  postMortem: { cause, limitSeconds: 7, silentSeconds: 7.02, usualGapSeconds: 5, gapsSeconds: [5, 5.01, 4.99], stallSeconds: 0, tcp: { rttSeconds: 0.02, rttVariationSeconds: 0.004, retransmits: 7, pendingRetransmits: 3, unacknowledged: 2, lastAcknowledgementSeconds: 7.5 }, ...more },
});

test('each class of post-mortem is explained in a sentence', async t => {
  const { gateway, open } = await scene(t);
  const { page, faults } = await open({ width: 360 });
  const disconnects = [ended(1, 'client_silent'), ended(2, 'network_loss'), ended(3, 'interval_too_long', { usualGapSeconds: 6.5 }), ended(6, 'interval_too_long', { usualGapSeconds: null, gapsSeconds: [] }), ended(4, 'gateway_stall', { stallSeconds: 3.5 }), { ...ended(5), clientId: null, postMortem: null, reason: 'peer_closed', origin: 'client', detail: null }];
  await page.route('**/api/v1/disconnects?*', route => route.fulfill({ json: { disconnects, next: null } }));
  await openLive(page, gateway);
  const explained = [];
  for (const name of ['pump-1', 'pump-2', 'pump-3', 'pump-6', 'pump-4', '#5']) {
    await page.locator('#disconnect-table').getByRole('button', { name, exact: true }).click();
    explained.push(await page.locator('#drawer-summary').textContent());
    if (name === 'pump-2') assert.match(await page.locator('#drawer-facts').textContent(), /Retransmits7, 3 unanswered now/);
    assert.equal(await overflow(page), 0);
    await page.keyboard.press('Escape');
  }

  assert.deepEqual(explained, [
    'Client silent: the client sent nothing for 7.0 s, and nothing points to the network or the gateway. Its limit is 7 s.',
    'Network loss: what was sent between gateway and client did not arrive. Nothing came for 7.0 s; the limit is 7 s.',
    'Interval too long: the client usually sends every 6.5 s, which leaves too little of its limit of 7 s.',
    'Interval too long: the client comes back and sends no second heartbeat within its limit of 7 s.',
    'Gateway stall: the gateway’s own process paused for 3.5 s.',
    'It ended as peer_closed, by the client.',
  ]);
  assert.deepEqual(faults, []);
});
