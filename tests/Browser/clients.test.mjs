import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adminKey, keys } from './lib/gateway.mjs';
import { clients, clientsAre, confirm, enterKey, openDrawer, openLive } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

test('search finds by prefix, id, address and key, and says when nothing matches', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1']);
  await fleet.connect(['pump-10', 'fan-1']);
  const { page, faults } = await open();
  await openLive(page, gateway);
  await clientsAre(page, ['pump-1', 'pump-10', 'fan-1']);
  await page.fill('#search-text', 'pump');
  await clientsAre(page, ['pump-1', 'pump-10']);
  await page.selectOption('#search-by', 'id');
  await page.fill('#search-text', 'pump-1');
  await clientsAre(page, ['pump-1']);
  await page.selectOption('#search-by', 'address');
  await page.fill('#search-text', '127.0.0.0/8');
  await clientsAre(page, ['pump-1', 'pump-10', 'fan-1']);
  await page.fill('#search-text', '192.0.2.0/24');
  await page.getByText('No connection matches.').waitFor();
  await page.fill('#search-text', 'not an address');
  await page.locator('#clients-problem:visible').waitFor();
  assert.match(await page.locator('#clients-problem').textContent(), /address/);
  await page.selectOption('#search-by', 'key');
  await page.fill('#search-text', 'k1');
  await clientsAre(page, ['pump-1', 'pump-10', 'fan-1']);
  await page.selectOption('#state', 'handshaking');
  await page.getByText('No connection matches.').waitFor();
  assert.deepEqual(faults, []);
});

test('each order of the API sorts the table, and a click on a column turns it around', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-a', 'pump-b', 'pump-c']);
  const { page } = await open();
  await openLive(page, gateway);
  await clientsAre(page, ['pump-a', 'pump-b', 'pump-c']);
  await page.click('th[data-column=age] button');
  await clientsAre(page, ['pump-c', 'pump-b', 'pump-a']);
  assert.equal(await page.locator('th[data-column=age]').getAttribute('aria-sort'), 'descending');
  await page.click('#order');
  await clientsAre(page, ['pump-a', 'pump-b', 'pump-c']);
  const offered = await page.locator('#sort option').evaluateAll(options => options.map(o => o.value));
  for (const sort of offered) {
    const isKnown = (await gateway.call('GET', `clients?sort=${sort}`)).status === 200;
    // An older gateway has fewer orders; the page then says so.
    const answered = page.waitForResponse(r => r.url().includes(`sort=${sort}`));
    await page.selectOption('#sort', sort);
    assert.equal((await answered).ok(), isKnown, sort);
  }
  assert.deepEqual(offered.filter(s => s !== 'reconnects').toSorted(), ['bytes', 'connectedAt', 'heartbeatJitter', 'idle', 'lastReceived', 'pendingBytes', 'retransmits', 'rtt']);
});

test('pages follow cursors forwards and backwards', async t => {
  const { gateway, fleet, open } = await scene(t);
  const ids = Array.from({ length: 60 }, (_, i) => `pump-${100 + i}`);
  await fleet.connect(ids);
  const { page } = await open();
  await openLive(page, gateway);
  await clientsAre(page, ids.slice(0, 25));
  await page.click('#clients-next');
  await clientsAre(page, ids.slice(25, 50));
  assert.equal(await page.locator('#clients-note').textContent(), '26 to 50, page 2');
  await page.click('#clients-next');
  await clientsAre(page, ids.slice(50));
  assert.ok(await page.locator('#clients-next').isDisabled());
  await page.click('#clients-previous');
  await clientsAre(page, ids.slice(25, 50));
  await page.click('#clients-previous');
  await clientsAre(page, ids.slice(0, 25));
  assert.ok(await page.locator('#clients-previous').isDisabled());
});

test('the drawer shows gaps, TCP and TLS facts, and follows the connection until it ends', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1'], { heartbeatSeconds: 1 });
  const { page, faults } = await open();
  await openLive(page, gateway);
  await openDrawer(page, 'pump-1');
  await until('three gaps are plotted', () => page.evaluate(() => document.getElementById('drawer-gaps').plot?.data[1].length >= 4));
  const facts = await page.locator('#drawer-facts').textContent();
  for (const name of ['Round-trip time', 'Retransmits', 'Last byte in', 'Last byte out', 'Transporttcp', 'Timeout', 'Session', 'Generation', 'Key idk1']) assert.ok(facts.includes(name), `${name} in ${facts}`);
  assert.match(await page.locator('#drawer-gaps').getAttribute('aria-label'), /^\d+ gaps between heartbeats, the longest .+, with a limit of .+ s$/);
  fleet.leave('pump-1');
  await page.getByText('This connection has ended.').waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#drawer[open]').count(), 0);
  assert.deepEqual(faults, []);
});

test('a client is disconnected after a confirmation', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  await fleet.connect(['pump-1', 'pump-2']);
  const { page, faults } = await open();
  await page.goto(`${gateway.url}/`);
  await enterKey(page, adminKey);
  await clientsAre(page, ['pump-1', 'pump-2']);
  await openDrawer(page, 'pump-1');
  await page.getByRole('button', { name: 'Disconnect…' }).click();
  assert.match(await page.locator('#confirm-text').textContent(), /pump-1/);
  await page.click('#confirm-cancel');
  assert.ok(fleet.has('pump-1'));
  await page.getByRole('button', { name: 'Disconnect…' }).click();
  await confirm(page);
  await until('the client was disconnected', () => !fleet.has('pump-1'));
  await clientsAre(page, ['pump-2']);
  assert.ok(fleet.has('pump-2'));
  assert.deepEqual(await clients(page), ['pump-2']);
  assert.equal((await gateway.call('GET', 'audit?limit=1', { key: adminKey })).json.entries[0].action, 'disconnect');
  assert.deepEqual(faults, []);
});
