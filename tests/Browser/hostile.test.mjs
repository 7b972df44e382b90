import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsAre, openDrawer, openLive, overflow } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';

const markup = '<img src=x onerror=window.hit=1><script>window.hit=1</script>"\'&amp;\u202egnp.';

/** No value became an element, a script or a request. */
async function assertHarmless(page, faults) {
  assert.deepEqual(await page.evaluate(() => ({
    hit: window.hit, images: document.querySelectorAll('img').length, scripts: document.scripts.length, handlers: document.querySelectorAll('[onerror], [onload], [onclick]').length,
  })), { hit: undefined, images: 1, scripts: 2, handlers: 0 });
  assert.equal(await overflow(page), 0);
  assert.deepEqual(faults, []);
}

test('ids that a hello may have are shown as they are', async t => {
  const { gateway, fleet, open } = await scene(t);
  // Every sort of character that a client id may have, names of properties, and the longest id.
  const ids = ['__proto__', 'constructor', 'javascript:alert', '..', '-', 'A'.repeat(128)];
  await fleet.connect(ids, { client: '<b>x</b>/"onload="' });
  const { page, faults } = await open({ width: 360 });
  await openLive(page, gateway);
  await clientsAre(page, ids);
  for (const id of ids) {
    await openDrawer(page, id);
    assert.equal(await page.locator('#drawer-title').textContent(), id);
    await page.locator('#drawer-facts dl').first().waitFor();
    assert.equal(await page.locator('#drawer-problem').textContent(), '');
    await page.keyboard.press('Escape');
  }

  await page.selectOption('#search-by', 'id');
  await page.fill('#search-text', '__proto__');
  await clientsAre(page, ['__proto__']);
  await page.fill('#search-text', markup);
  await page.locator('#clients-problem:visible').waitFor();
  await assertHarmless(page, faults);
});

test('values that no gateway of today sends are text as well', async t => {
  const { gateway, open } = await scene(t);
  const { page, faults } = await open({ width: 360 });
  const client = {
    connectionId: markup, clientId: markup, state: markup, address: markup, port: 1, keyId: markup, connectedAt: '2026-11-27T03:12:07Z', ageSeconds: 1, idleSeconds: 1, heartbeatJitterSeconds: 0, rttSeconds: 1,
    retransmits: 1, bytesIn: 1, bytesOut: 1, pendingBytes: 1, reconnects: 1, library: markup,
  };
  const json = body => route => route.fulfill({ json: body });
  await page.route('**/api/v1/clients?*', json({ clients: [client], next: null, watermark: 1 }));
  await page.route('**/api/v1/connections/*', json({
    connection: client, proxyAddress: markup, generation: 1, sessionId: markup, features: [markup], tls: { protocol: markup, cipherSuite: markup, certificateName: markup },
    heartbeat: { lastPingSeconds: 1, gapsSeconds: [1], jitterSeconds: 1, timeoutSeconds: 7, isNegotiated: true }, traffic: { bytesIn: 1, bytesOut: 1, framesIn: 1, framesOut: 1, pendingBytes: 1, lastReadSeconds: 1, lastWriteSeconds: 1 }, tcp: null,
  }));
  const disconnect = { number: 1, time: '2026-11-27T03:12:07Z', connectionId: markup, clientId: markup, generation: 1, address: markup, port: 1, keyId: markup, reason: markup, detail: markup, origin: markup, connectedAt: '2026-11-27T03:12:07Z', durationSeconds: 1, bytesIn: 1, bytesOut: 1, framesIn: 1, framesOut: 1, postMortem: { cause: markup, limitSeconds: 7, silentSeconds: 1, usualGapSeconds: 1, gapsSeconds: [], stallSeconds: 0, tcp: null } };
  await page.route('**/api/v1/disconnects?*', json({ disconnects: [disconnect], next: null }));
  await page.route('**/api/v1/bans', json({ bans: [{ id: markup, kind: markup, value: markup, comment: markup, createdAt: '2026-11-27T03:12:07Z', createdBy: markup, expiresAt: null, isAutomatic: false, refused: 1, matchingCount: 1, matching: [markup] }], automatic: {} }));
  await page.route('**/api/v1/drain', json({ state: markup, startedAt: null, startedBy: markup, durationSeconds: null, connections: 1, closed: 1, remaining: 1 }));
  await page.route('**/api/v1/status', json({ version: markup, uptimeSeconds: 1, caller: markup, scope: 'read' }));
  await openLive(page, gateway);
  for (const table of ['#client-table', '#disconnect-table']) {
    await page.locator(`${table} button.link`).click();
    await page.locator('#drawer-facts dl').first().waitFor();
    assert.equal(await page.locator('#drawer-title').textContent(), markup);
    await assertHarmless(page, faults);
    await page.keyboard.press('Escape');
  }

  assert.ok((await page.locator('#ban-list').textContent()).includes(markup));
  await page.locator('#ban-list button').click();
  assert.ok((await page.locator('#confirm-text').textContent()).includes(markup));
  await assertHarmless(page, faults);
});
