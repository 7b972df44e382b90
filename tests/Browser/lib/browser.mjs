import { chromium } from 'playwright-core';

/** Where Debian installs chromium; CHROMIUM names another one. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Starts chromium without a window. */
export const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/**
 * A page in a context of its own. It records what no page of the gateway may do: violations of its content security policy, exceptions,
 * and requests to another host.
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin The origin that requests may go to.
 */
export async function openPage(browser, origin, { colorScheme = 'dark', width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults = [];
  await page.addInitScript(() => document.addEventListener('securitypolicyviolation', e => console.error(`Content-Security-Policy: ${e.violatedDirective} ${e.blockedURI}`)));
  page.on('console', message => { if (/Content.Security.Policy/i.test(message.text())) faults.push(message.text()); });
  page.on('pageerror', error => faults.push(`exception: ${error.stack ?? error}`));
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.origin !== new URL(origin).origin && !['data:', 'blob:', 'about:'].includes(url.protocol)) faults.push(`request to another host: ${url}`);
  });
  return { page, context, faults, close: () => context.close() };
}
