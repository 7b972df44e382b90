import { ApiError, describe, request } from './api.mjs';
import { waitBefore } from './backoff.mjs';
import { readEvents } from './sse.mjs';

/** The gateway sends a snapshot each second; without one for this time the stream counts as dead. */
const silentMilliseconds = 6000;

/**
 * Follows the gateway's snapshots for as long as the page is open. It is read by fetch, since the key belongs in a header.
 */
export class SnapshotStream {
  #handlers;
  #failures = 0;
  #attempt = null;
  #timer = null;

  /** @param {{history: Function, snapshot: Function, state: Function}} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
    addEventListener('online', () => this.restart());
    document.addEventListener('visibilitychange', () => { if (!document.hidden && !this.#attempt) this.restart(); });
  }

  /** Begins anew: at once, with the key of now. */
  restart() {
    this.#failures = 0;
    this.#stop();
    this.#run();
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#attempt?.abort();
    this.#attempt = null;
  }

  async #run() {
    const attempt = this.#attempt = new AbortController();
    this.#handlers.state({ name: 'connecting', failures: this.#failures });
    let failure;
    try {
      await this.#follow(attempt);
      failure = 'The gateway has ended the stream.';
    } catch (error) {
      failure = describe(error);
      if (error instanceof ApiError && error.status === 401) return this.#end(attempt, { name: 'locked', detail: failure });
    }
    // Another attempt has begun meanwhile.
    if (this.#attempt !== attempt) return;
    const wait = waitBefore(this.#failures++);
    this.#end(attempt, { name: 'waiting', seconds: wait, detail: failure });
    this.#timer = setTimeout(() => this.#run(), wait * 1000);
  }

  #end(attempt, state) {
    if (this.#attempt !== attempt) return;
    attempt.abort();
    this.#attempt = null;
    this.#handlers.state(state);
  }

  async #follow(attempt) {
    let silence = setTimeout(() => attempt.abort(), silentMilliseconds);
    try {
      const response = await request('GET', 'snapshots', { signal: attempt.signal });
      for await (const { event, data } of readEvents(response.body)) {
        clearTimeout(silence);
        silence = setTimeout(() => attempt.abort(), silentMilliseconds);
        if (this.#attempt !== attempt) return;
        if (event === 'history') {
          // One failure is kept, so that a stream that ends at once again and again is not begun without a pause.
          this.#failures = Math.min(this.#failures, 1);
          this.#handlers.state({ name: 'live' });
          this.#handlers.history(JSON.parse(data));
        } else if (event === 'snapshot') {
          this.#failures = 0;
          this.#handlers.snapshot(JSON.parse(data));
        }
      }
    } finally {
      clearTimeout(silence);
    }
  }
}
