import { setTimeout as delay } from 'node:timers/promises';

/**
 * Repeats a question until its answer is true or not empty, and returns the answer. Fails after a time that only a fault can take.
 * @template T
 * @param {string} what What is waited for; the failure says it.
 * @param {() => T | Promise<T>} question
 */
export async function until(what, question, { within = 20_000, every = 25 } = {}) {
  const started = performance.now();
  while (true) {
    const answer = await question();
    if (answer) return answer;
    if (performance.now() - started > within) throw new Error(`Not within ${within / 1000} s: ${what}`);
    await delay(every);
  }
}
