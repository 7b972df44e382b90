import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsAre, openLive, overflow } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

test('the page opens, fills and follows what changes, within its security policy', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1', 'pump-2']);
  const { page, faults } = await open();
  await openLive(page, gateway);
  await clientsAre(page, ['pump-1', 'pump-2']);
  const figure = () => page.locator('#tile-connected .figure').textContent();
  await until('two clients are shown', async () => await figure() === '2');
  assert.match(await page.locator('#verdict-text').textContent(), /^All is well: 2 clients connected, [\d.]+ heartbeats a second\.$/);
  assert.equal(await page.locator('.spark canvas').count(), 4);
  assert.match(await page.title(), /^✓ HeartbeatGateway · 2$/);

  await fleet.connect(['pump-3']);
  await until('the third one is shown', async () => await figure() === '3');
  await clientsAre(page, ['pump-1', 'pump-2', 'pump-3']);
  assert.match(await page.locator('#uptime').textContent(), /^up .+ · \(loopback\), scope read$/);
  assert.deepEqual(faults, []);
  assert.deepEqual(await page.context().cookies(), []);
});

test('the plots show the minutes before the page was opened', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1']);
  fleet.leave('pump-1');
  // The gateway has taken snapshots for as long as it runs; three tell that they are older than the page.
  const { page } = await open();
  await until('the gateway runs for three seconds', async () => (await gateway.call('GET', 'status')).json.uptimeSeconds > 3);
  await openLive(page, gateway);
  await page.waitForFunction(() => document.querySelector('#tile-connected .spark')?.plot?.data[1].length >= 3);
  const label = await page.locator('#tile-connected .spark').getAttribute('aria-label');
  assert.match(label, /^Connected clients in five minutes: now 0, from 0 to \d+$/);
});

for (const width of [360, 768, 1440]) {
  for (const colorScheme of ['dark', 'light']) {
    test(`nothing is cut off at ${width} pixels, ${colorScheme}`, async t => {
      const { gateway, fleet, open } = await scene(t);
      const long = `${'pump-in-the-northern-hall-'.repeat(4)}17`;
      await fleet.connect([long, 'pump-2']);
      const { page, faults } = await open({ width, height: 900, colorScheme });
      await openLive(page, gateway);
      await clientsAre(page, [long, 'pump-2']);
      assert.equal(await overflow(page), 0);
      const background = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      assert.equal(background, colorScheme === 'dark' ? 'rgb(13, 18, 22)' : 'rgb(243, 245, 247)');
      await page.locator('#client-table button.link').first().click();
      await page.locator('#drawer-facts dl').first().waitFor();
      assert.equal(await page.evaluate(() => { const d = document.getElementById('drawer'); return d.scrollWidth - d.clientWidth; }), 0);
      assert.deepEqual(faults, []);
    });
  }
}
