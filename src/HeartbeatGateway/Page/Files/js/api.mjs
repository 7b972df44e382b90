import { session } from './session.mjs';

/** An answer of the gateway that is a problem (RFC 9457). */
export class ApiError extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}

/** Relative to the page, so that a proxy may serve it below a path. */
const base = new URL('api/v1/', document.baseURI);

/**
 * Sends a request with the operator's key, in a header and nowhere else.
 * @param {string} method
 * @param {string} path The path below /api/v1/.
 * @param {{query?: Record<string, string>, body?: object, key?: string, signal?: AbortSignal}} options `key` is used instead of the session's.
 * @returns {Promise<Response>} A good answer.
 */
export async function request(method, path, { query = {}, body, key, signal } = {}) {
  const url = new URL(path, base);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.append(name, value);
  const used = key ?? session.key;
  // Browsers send headers in Latin-1, and refuse other characters without saying why.
  if (used && /[^\x21-\xff]/.test(used)) throw new ApiError(401, 'key_required', 'The key has characters that a browser cannot send in a header.');
  const headers = {};
  if (used) headers.Authorization = `Bearer ${used}`;
  if (body) headers['Content-Type'] = 'application/json';
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal, cache: 'no-store', credentials: 'omit', redirect: 'error' });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  const error = new ApiError(response.status, problem.code ?? 'unknown', problem.detail ?? `The gateway answered ${response.status}.`);
  // A key that was replaced meanwhile has no say.
  if (response.status === 401 && key === undefined && used === session.key) session.demand(used ? error.message : '');
  throw error;
}

/** As `request`, and reads the JSON of the answer. */
export async function call(method, path, options) {
  const response = await request(method, path, options);
  return response.status === 204 ? null : await response.json();
}

/** What to show of a failure. */
export function describe(error) {
  if (error instanceof ApiError) return error.code === 'not_found' ? 'This gateway does not offer that.' : error.message;
  return 'The gateway does not answer.';
}
