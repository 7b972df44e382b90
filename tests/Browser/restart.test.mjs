import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fleet } from './lib/fleet.mjs';
import { clientsAre, isLive, openLive } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

test('the page survives a restart of the gateway, and says what happens meanwhile', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(Array.from({ length: 30 }, (_, i) => `pump-${100 + i}`));
  const { page, faults } = await open();
  await openLive(page, gateway);
  // A cursor of the process that ends.
  await page.click('#clients-next');
  await clientsAre(page, ['pump-125', 'pump-126', 'pump-127', 'pump-128', 'pump-129']);
  await gateway.stop();
  await page.locator('#live[data-state=waiting], #live[data-state=connecting]').waitFor();
  await page.getByText(/^The page has lost the gateway; trying again/).first().waitFor();
  assert.equal(await page.locator('#verdict').getAttribute('data-level'), 'bad');

  await gateway.resume();
  const again = new Fleet(gateway);
  t.after(() => again.end());
  await again.connect(['fan-1', 'fan-2']);
  await isLive(page);
  await clientsAre(page, ['fan-1', 'fan-2']);
  await until('the figures are those of the new process', async () => await page.locator('#tile-connected .figure').textContent() === '2');
  assert.match(await page.locator('#verdict-text').textContent(), /^All is well/);
  assert.deepEqual(faults, []);
});
