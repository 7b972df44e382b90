import { spawnSync } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDrawer, openLive, overflow } from './lib/page.mjs';
import { root } from './lib/paths.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

const folder = path.join(root, 'docs/images');
const mostBytes = 200_000;

const sites = ['oslo', 'lyon', 'graz', 'porto', 'turku'];
const kinds = ['pump', 'valve', 'meter', 'till'];

/** The fleet of the pictures: 400 clients of some sites. */
const ids = Array.from({ length: 400 }, (_, i) => `${kinds[i % kinds.length]}-${sites[i % sites.length]}-${String(i + 1).padStart(3, '0')}`);

const writes = process.env.SCREENSHOTS === '1';

test('the pictures of the documentation', { skip: writes ? false : 'SCREENSHOTS=1 writes docs/images', timeout: 300_000 }, async t => {
  const { gateway, fleet, open } = await scene(t, { Gateway__Heartbeat__ReaderIdle: '00:00:06' });
  for (let i = 0; i < ids.length; i += 4) {
    await fleet.connect(ids.slice(i, i + 4), { heartbeatSeconds: 5, client: 'acme-device/2.4.1' });
    await new Promise(resolve => setTimeout(resolve, 60));
  }

  // Some leave and come back, some fall silent: as fleets do.
  for (const id of ids.slice(40, 52)) fleet.leave(id);
  await until('they have left', () => !fleet.has(ids[51]));
  await fleet.connect(ids.slice(40, 52), { client: 'acme-device/2.4.1' });
  for (const id of [ids[101], ids[230]]) fleet.silence(id);
  await until('a minute of history', async () => (await gateway.call('GET', 'status')).json.uptimeSeconds > 75, { within: 120_000, every: 1000 });

  await mkdir(folder, { recursive: true });
  const take = async (page, name) => {
    const file = path.join(folder, `${name}.png`);
    await page.screenshot({ path: file });
    // Fewer colours, where the program is installed: the pictures are part of the repository.
    spawnSync('pngquant', ['--force', '--skip-if-larger', '--ext', '.png', '128', file]);
    assert.ok((await stat(file)).size < mostBytes, `${name} has ${(await stat(file)).size} bytes`);
  };
  for (const colorScheme of ['dark', 'light']) {
    const { page, close } = await open({ colorScheme, width: 1440, height: 900 });
    await openLive(page, gateway);
    await until('the tiles are drawn', () => page.evaluate(() => document.querySelectorAll('.spark canvas').length === 4));
    await take(page, `status-page-${colorScheme}`);
    if (colorScheme === 'dark') {
      await openDrawer(page, ids[0]);
      await page.locator('#drawer-facts dl').first().waitFor();
      await take(page, 'status-page-drawer');
    }

    await close();
  }

  const { page } = await open({ colorScheme: 'dark', width: 360, height: 780 });
  await openLive(page, gateway);
  await until('the tiles are drawn', () => page.evaluate(() => document.querySelectorAll('.spark canvas').length === 4));
  assert.equal(await overflow(page), 0);
  await take(page, 'status-page-360');
});
