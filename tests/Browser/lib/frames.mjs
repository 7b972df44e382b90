import { createHmac } from 'node:crypto';

const headerLength = 158;
const covered = 50;

/** Encodes a frame of a client (docs/protocol.md): key id k1, scheme hmac-sha256. */
export function encode(secret, type, content = '', date = new Date()) {
  const body = Buffer.from(content);
  const frame = Buffer.alloc(headerLength + body.length);
  frame.writeUInt32BE(0x76, 0);
  frame.writeInt32BE(body.length, 4);
  frame.write(type, 8, covered);
  frame.write(date.toISOString().slice(0, 19).replace('T', ' '), 108);
  body.copy(frame, headerLength);
  const token = createHmac('sha256', secret).update(frame.subarray(0, 58)).update(frame.subarray(108)).digest('base64url');
  frame.write(`k1.${token}`, 58);
  return frame;
}

/** Cuts frames out of a stream; keeps an incomplete one. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** @returns {{type: string, content: string}[]} */
  push(bytes) {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames = [];
    while (this.#rest.length >= headerLength) {
      const end = headerLength + this.#rest.readInt32BE(4);
      if (this.#rest.length < end) break;
      frames.push({ type: this.#rest.toString('utf8', 8, 58).replace(/[\0-\x20]+$/, ''), content: this.#rest.toString('utf8', headerLength, end) });
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}
