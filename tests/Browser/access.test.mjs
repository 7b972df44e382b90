import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { adminKey, keys, readKey } from './lib/gateway.mjs';
import { clientsAre, confirm, enterKey, isLive, openDrawer, openLive } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

test('the key is asked for, a wrong one is refused, and it is kept in this tab only', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  await fleet.connect(['pump-1']);
  const { page, context, faults } = await open();
  const urls = [];
  page.on('request', request => urls.push(request.url()));
  await page.goto(`${gateway.url}/`);
  await enterKey(page, 'a-key-that-is-wrong');
  await page.locator('#key-problem:visible').waitFor();
  assert.equal(await page.locator('#key-problem').textContent(), 'The key is not known to this gateway.');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.fill('#key-input', 'schlüssel-€');
  await page.click('#key-dialog button[type=submit]');
  await page.getByText('The key has characters that a browser cannot send in a header.').waitFor();
  await enterKey(page, readKey);
  await isLive(page);
  await clientsAre(page, ['pump-1']);
  assert.deepEqual(await page.evaluate(() => [{ ...sessionStorage }, localStorage.length, document.cookie]), [{ 'heartbeatgateway-key': readKey }, 0, '']);
  assert.deepEqual(await context.cookies(), []);
  assert.ok(urls.length > 10);
  assert.deepEqual(urls.filter(url => url.includes(readKey) || url.includes('a-key-that')), []);

  await page.reload();
  await isLive(page);
  // Another tab of the same browser does not have it.
  const second = await context.newPage();
  await second.goto(`${gateway.url}/`);
  await second.locator('#key-dialog[open]').waitFor();
  await second.close();
  // And it is forgotten on demand.
  await page.click('#key-button');
  await page.click('#key-forget');
  await page.locator('#live[data-state=locked]').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.deepEqual(faults, []);
});

test('without a key nothing is shown, and the page says what is missing', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  await fleet.connect(['pump-1']);
  const { page } = await open();
  await page.goto(`${gateway.url}/`);
  await page.locator('#key-dialog[open]').waitFor();
  await page.click('#key-cancel');
  await page.getByText('The gateway shows its data to callers with a key.').first().waitFor();
  assert.equal(await page.getByText('pump-1', { exact: true }).count(), 0);
  await page.click('#key-button');
  await enterKey(page, readKey);
  await clientsAre(page, ['pump-1']);
});

test('a change by a key that may only read asks for another key, for this change only', async t => {
  const { gateway, fleet, open } = await scene(t, keys());
  await fleet.connect(['pump-1', 'pump-2']);
  const { page } = await open();
  await page.goto(`${gateway.url}/`);
  await enterKey(page, readKey);
  await isLive(page);
  await openDrawer(page, 'pump-1');
  await page.getByRole('button', { name: 'Disconnect…' }).click();
  await page.fill('#confirm-key-input', readKey);
  await page.click('#confirm-do');
  await page.locator('#confirm-problem:visible').waitFor();
  assert.match(await page.locator('#confirm-problem').textContent(), /'reader' has the scope read, but this needs admin/);
  assert.ok(fleet.has('pump-1'));
  await confirm(page, adminKey);
  await until('the client was disconnected', () => !fleet.has('pump-1'));
  assert.deepEqual(await page.evaluate(() => Object.values(sessionStorage)), [readKey]);
  assert.equal(await page.inputValue('#confirm-key-input'), '');
});

test('a withdrawn key ends what is shown within a second, and the page asks again', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'browser-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = path.join(folder, 'key');
  await writeFile(file, 'first-key-0123456789');
  const { gateway, open } = await scene(t, { Gateway__Admin__Keys__0__Id: 'reader', Gateway__Admin__Keys__0__KeyFile: file });
  const { page } = await open();
  await page.goto(`${gateway.url}/`);
  const times = [];
  for (const [key, next] of [['first', 'second'], ['second', 'third'], ['third', 'fourth']]) {
    await enterKey(page, `${key}-key-0123456789`);
    await isLive(page);
    await writeFile(file, `${next}-key-0123456789`);
    await gateway.reload();
    const started = performance.now();
    await page.locator('#key-dialog[open]').waitFor();
    times.push(performance.now() - started);
    assert.equal(await page.locator('#key-reason').textContent(), 'The key is not known to this gateway.');
  }

  t.diagnostic(`asked again after ${times.map(time => `${time.toFixed(0)} ms`).join(', ')}`);
  assert.ok(Math.min(...times) < 1000, `asked again after ${times} ms`);
});

test('a page of another site cannot make the browser change or read anything', async t => {
  const { gateway, fleet, open } = await scene(t, { Gateway__Admin__AllowLoopbackChanges: 'true' });
  await fleet.connect(['pump-1']);
  const { page } = await open();
  await openLive(page, gateway);
  // The same machine under another name is another site.
  const evil = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(
    `<form method="post" enctype="text/plain" action="${gateway.url}/api/v1/disconnect"><input name='{"ids":["pump-1"],"reason":"' value='kicked"}'></form>`));
  evil.listen(0, '127.0.0.1');
  await once(evil, 'listening');
  t.after(() => evil.close());
  await page.goto(`http://localhost:${evil.address().port}/`);
  const [answer] = await Promise.all([page.waitForResponse(r => r.url().endsWith('/api/v1/disconnect')), page.evaluate(() => document.forms[0].submit())]);
  assert.equal(answer.status(), 403);
  assert.equal((await answer.json()).code, 'cross_site');
  await page.goto(`http://localhost:${evil.address().port}/`);
  const [read] = await Promise.all([
    page.waitForResponse(r => r.url().endsWith('/api/v1/clients')),
    page.evaluate(url => fetch(`${url}/api/v1/clients`, { mode: 'no-cors' }).catch(() => {}), gateway.url),
  ]);
  assert.equal(read.status(), 403);
  // Nor show the page in a frame, where its buttons could be clicked for the operator.
  await page.evaluate(url => document.body.append(Object.assign(document.createElement('iframe'), { src: url })), gateway.url);
  await until('the frame was refused', async () => page.frames().length === 2 && !page.frames()[1].url().startsWith(gateway.url));
  assert.ok(fleet.has('pump-1'));
});
