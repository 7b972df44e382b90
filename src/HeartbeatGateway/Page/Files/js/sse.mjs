/** Reads server-sent events from a stream of bytes (WHATWG HTML, 9.2.6), as far as the gateway uses them: name, id and data. */

/** The longest event that is accepted, in characters: the history has about 150,000. */
const maxChars = 4 * 1024 * 1024;

/**
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{event: string, id: string | null, data: string}>}
 */
export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      let end;
      while ((end = rest.indexOf('\n\n')) >= 0) {
        const block = rest.slice(0, end);
        rest = rest.slice(end + 2);
        yield parse(block);
      }
      if (rest.length > maxChars) throw new Error('The gateway sent an event without an end.');
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** One block. A comment is an event without a name, so that readers see that the stream is alive. */
function parse(block) {
  const parsed = { event: '', id: null, data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') parsed.data += parsed.data ? `\n${value}` : value;
    else if (name === 'event' || name === 'id') parsed[name] = value;
  }
  return parsed;
}
