import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { adminKey, keys } from './lib/gateway.mjs';
import { clientsAre, enterKey, isLive, openDrawer, openLive } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

const axe = createRequire(import.meta.url).resolve('axe-core');

/** The violations that axe-core finds, with where they are. */
async function violations(page) {
  // By the debugger, since the page's policy allows no script that is not its own.
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(await (await import('node:fs/promises')).readFile(axe, 'utf8'));
  const { violations } = await page.evaluate(() => axe.run());
  return violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => n.target).join(', ')}`);
}

for (const colorScheme of ['dark', 'light']) {
  for (const width of [360, 1440]) {
    test(`axe-core finds nothing, ${colorScheme}, ${width} pixels`, async t => {
      const { gateway, fleet, open } = await scene(t, keys());
      await fleet.connect(['pump-1', 'pump-2']);
      const { page } = await open({ colorScheme, width });
      await page.goto(`${gateway.url}/`);
      await page.locator('#key-dialog[open]').waitFor();
      assert.deepEqual(await violations(page), [], 'the question for the key');
      await enterKey(page, 'read-key-0123456789');
      await isLive(page);
      await clientsAre(page, ['pump-1', 'pump-2']);
      assert.deepEqual(await violations(page), [], 'the page');
      await openDrawer(page, 'pump-1');
      await page.locator('#drawer-facts dl').first().waitFor();
      assert.deepEqual(await violations(page), [], 'the drawer');
      await page.getByRole('button', { name: 'Ban the client…' }).click();
      await page.locator('#confirm-dialog[open]').waitFor();
      assert.deepEqual(await violations(page), [], 'a confirmation');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await gateway.stop();
      await page.locator('#live[data-state=waiting]').waitFor();
      assert.deepEqual(await violations(page), [], 'without the gateway');
    });
  }
}

test('everything can be done with the keyboard', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  await fleet.connect(['fan-1', 'pump-1', 'pump-2']);
  const { page } = await open();
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const tabTo = async name => {
    for (let i = 0; i < 80 && await focused() !== name; i++) await page.keyboard.press('Tab');
    assert.equal(await focused(), name);
  };
  await page.goto(`${gateway.url}/`);
  await page.locator('#key-dialog[open]').waitFor();
  assert.equal(await focused(), 'key-input');
  await page.keyboard.type(adminKey);
  await page.keyboard.press('Enter');
  await isLive(page);
  await clientsAre(page, ['fan-1', 'pump-1', 'pump-2']);

  await tabTo('search-text');
  await page.keyboard.type('pump');
  await clientsAre(page, ['pump-1', 'pump-2']);
  await tabTo('Connected for');
  await page.keyboard.press('Enter');
  await clientsAre(page, ['pump-2', 'pump-1']);
  assert.equal(await focused(), 'Connected for');
  await tabTo('pump-1');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(outline, 'solid');
  await page.keyboard.press('Enter');
  await page.locator('#drawer[open]').waitFor();
  await tabTo('Disconnect…');
  await page.keyboard.press('Enter');
  await page.locator('#confirm-dialog[open]').waitFor();
  assert.equal(await focused(), 'confirm-cancel');
  await tabTo('confirm-do');
  await page.keyboard.press('Enter');
  await until('the client was disconnected', () => !fleet.has('pump-1'));
  await clientsAre(page, ['pump-2']);
});

test('an update keeps the focus on its row', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1', 'pump-2']);
  const { page } = await open();
  await openLive(page, gateway);
  await clientsAre(page, ['pump-1', 'pump-2']);
  await page.locator('#client-table').getByRole('button', { name: 'pump-2' }).focus();
  fleet.leave('pump-1');
  await clientsAre(page, ['pump-2']);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'pump-2');
});
