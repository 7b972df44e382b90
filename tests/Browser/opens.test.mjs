import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scene } from './lib/scene.mjs';

test('the harness starts a gateway, clients and a browser', async t => {
  const { gateway, fleet, open } = await scene(t);
  await fleet.connect(['pump-1', 'pump-2']);
  assert.equal((await gateway.call('GET', 'status', { key: null })).json.connectedClients, 2);
  const { page, faults } = await open();
  const response = await page.goto(`${gateway.url}/healthz`);
  assert.equal(response.status(), 200);
  assert.deepEqual(faults, []);
});
