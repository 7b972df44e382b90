/** How long to wait before an attempt: doubles up to a bound, with a random part so that many pages do not come at once. */

const firstSeconds = 0.5;
const mostSeconds = 10;

/**
 * @param {number} failures Attempts that failed in a row; 0 begins at once.
 * @param {number} chance From 0 to 1.
 * @returns {number} Seconds.
 */
export function waitBefore(failures, chance = Math.random()) {
  if (failures === 0) return 0;
  const most = Math.min(mostSeconds, firstSeconds * 2 ** (failures - 1));
  return most * (0.5 + chance / 2);
}
