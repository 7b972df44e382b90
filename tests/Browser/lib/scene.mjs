import { launch, openPage } from './browser.mjs';
import { Fleet } from './fleet.mjs';
import { Gateway } from './gateway.mjs';

/**
 * A gateway, its clients and a browser, which end with the test.
 * @param {import('node:test').TestContext} t
 * @param {Record<string, string>} settings The gateway's settings, as environment variables.
 */
export async function scene(t, settings = {}) {
  const gateway = await Gateway.start(settings);
  const fleet = new Fleet(gateway);
  const browser = await launch();
  t.after(async () => {
    await browser.close();
    fleet.end();
    await gateway.kill();
  });
  return { gateway, fleet, browser, open: options => openPage(browser, gateway.url, options) };
}
