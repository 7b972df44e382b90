/** What tests do with the status page, as an operator does it. */

/** Opens the page and waits until it follows the gateway. */
export async function openLive(page, gateway) {
  await page.goto(`${gateway.url}/`);
  await isLive(page);
}

export const isLive = page => page.locator('#live[data-state="live"]').waitFor();

/** Waits until the table of clients shows exactly these names. */
export async function clientsAre(page, names) {
  await page.waitForFunction(expected => {
    const shown = [...document.querySelectorAll('#client-table tbody button.link')].map(b => b.textContent);
    return shown.length === expected.length && shown.every((name, i) => name === expected[i]);
  }, names);
}

/** The names in the table of clients. */
export const clients = page => page.locator('#client-table tbody button.link').allTextContents();

/** Enters a key where the page asks for one. */
export async function enterKey(page, key) {
  await page.locator('#key-dialog[open]').waitFor();
  await page.fill('#key-input', key);
  await page.click('#key-dialog button[type=submit]');
}

/** Opens the drawer of a client. */
export async function openDrawer(page, name) {
  await page.locator('#client-table').getByRole('button', { name, exact: true }).click();
  await page.locator('#drawer[open]').waitFor();
}

/** Confirms a change, with a key where one is asked for. */
export async function confirm(page, key) {
  await page.locator('#confirm-dialog[open]').waitFor();
  if (await page.locator('#confirm-key-input').isVisible()) await page.fill('#confirm-key-input', key);
  await page.click('#confirm-do');
  await page.locator('#confirm-dialog:not([open])').waitFor({ state: 'attached' });
}

/** The wide of the document that does not fit the window. */
export const overflow = page => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
