import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLive } from './lib/page.mjs';
import { scene } from './lib/scene.mjs';
import { until } from './lib/waiting.mjs';

const node = (name, more) => ({
  name, epoch: `epoch-of-${name}`, startedAt: '2026-01-01T00:00:00Z', version: '1.2.3+abc', isSelf: false, isAnswering: true, connectedClients: 20, openConnections: 21, isDraining: false, ...more,
});

test('the nodes of a cluster are shown with what is wrong with them, and a gateway alone shows none', async t => {
  const { gateway, open } = await scene(t);
  const { page, faults } = await open();
  await openLive(page, gateway);
  assert.equal(await page.locator('#nodes').isVisible(), false);

  const dead = node('<b>node-2</b>', { isAnswering: false, connectedClients: null, openConnections: null, isDraining: null });
  await page.route('**/api/v1/nodes', route => route.fulfill({ json: { nodes: [node('node-1', { isSelf: true }), dead, node('node-3', { isDraining: true })], isDegraded: true } }));
  await until('three nodes are shown', async () => await page.locator('#node-table tbody tr').count() === 3);
  const rows = await page.locator('#node-table tbody tr').evaluateAll(all => all.map(row => [...row.cells].slice(0, 3).map(cell => cell.textContent)));
  assert.deepEqual(rows, [['node-1 (this page)', 'serving', '20'], ['<b>node-2</b>', 'does not answer', '–'], ['node-3', 'draining', '20']]);
  assert.equal(await page.locator('#nodes-note').textContent(), '3 nodes, 40 clients');
  assert.match(await page.locator('#nodes-problem').textContent(), /^Redis cannot be reached/);
  assert.deepEqual(faults, []);
});
