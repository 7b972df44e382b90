#!/usr/bin/env node
// A complete HeartbeatGateway client on Node's own modules: node client.js HOST PORT SECRET CLIENT_ID
//
// A SECRET of - is read from the environment variable GATEWAY_SECRET, where other users of the machine do not see it.
// GATEWAY_KEY_ID names the key, where the gateway knows several. Prints one event a line; sends each line of its input as a
// message. Exit code: 0 after SIGTERM or SIGINT, 2 for wrong arguments, 3 when the gateway has closed for good.
'use strict';
const crypto = require('node:crypto');
const net = require('node:net');
const readline = require('node:readline');

const MAGIC = 0x76, HEADER = 158;
const MAX_RECEIVED = 1 << 20, MAX_SENT = 1 << 16; // content bytes: what we accept, what the gateway accepts
const CONNECT_TIMEOUT = 10e3, LONGEST_PAUSE = 60e3, STABLE_AFTER = 30e3, GOODBYE = 2e3; // milliseconds

const [host, port, secretArgument, clientId] = process.argv.slice(2);
if (process.argv.length !== 6 || !/^\d{1,5}$/.test(port) || !/^[A-Za-z0-9._:-]{1,128}$/.test(clientId)) {
  console.error('usage: client.js HOST PORT SECRET CLIENT_ID (the id: 1 to 128 of A-Z a-z 0-9 . _ : -)');
  process.exit(2);
}

const secret = secretArgument === '-' ? process.env.GATEWAY_SECRET ?? '' : secretArgument;
if (Buffer.byteLength(secret) < 16) {
  console.error('the secret must have 16 bytes or more');
  process.exit(2);
}

const outboundKey = crypto.createHmac('sha256', secret).update('heartbeatgateway outbound').digest(); // signs what we get
const keyPrefix = process.env.GATEWAY_KEY_ID ? `${process.env.GATEWAY_KEY_ID}.` : '';
const wantedHeartbeat = Number(process.env.HEARTBEAT_SECONDS ?? 5);
const instance = crypto.randomBytes(8).toString('hex');
let clockOffset = 1000 * Number(process.env.CLOCK_OFFSET_SECONDS ?? 0); // to try out a wrong clock
let attempt = 0, session = null, failures = 0, slot = null, connection = null, stopping = false, onSession = () => {};

const now = () => performance.now(); // monotonic: the wall clock may jump, a silence may not
const tell = event => process.stdout.write(event.replace(/\p{C}/gu, '?') + '\n');
const token = (key, start, rest) => keyPrefix + crypto.createHmac('sha256', key).update(start).update(rest).digest('base64url');

function field(text) {
  const bytes = Buffer.alloc(50); // padded with NUL
  bytes.write(text);
  return bytes;
}

function fieldText(bytes) {
  return bytes.toString().replace(/^[\0-\x20]+|[\0-\x20]+$/g, '');
}

class Connection {
  received = Buffer.alloc(0);
  heartbeat = 1000 * wantedHeartbeat;
  welcomed = false;
  lastToken = '';
  why = 'the gateway has ended the stream';

  constructor() {
    this.began = this.lastRead = this.lastWrite = this.lastPing = now();
    this.socket = net.connect({ host, port: Number(port), noDelay: true });
    this.socket.setTimeout(CONNECT_TIMEOUT, () => this.socket.destroy(new Error('no answer')));
    this.socket.on('connect', () => this.onConnect());
    this.socket.on('data', data => this.onData(data));
    this.socket.on('error', error => { this.why = error.message; });
    this.socket.on('close', () => this.onClosed());
  }

  onConnect() {
    this.connected = true;
    this.socket.setTimeout(0);
    this.began = this.lastRead = this.lastPing = now();
    this.send('hello', Buffer.from(JSON.stringify({
      clientId, instance, attempt, nonce: crypto.randomBytes(16).toString('hex'), heartbeatSeconds: wantedHeartbeat,
      resume: session ?? undefined, features: ['close'],
    })));
    this.keepTime();
  }

  // Pings when nothing was written or nothing was read for a heartbeat, once in that time; gives up after two.
  keepTime() {
    const pingAt = () => Math.max(this.lastPing, Math.min(this.lastRead, this.lastWrite)) + this.heartbeat;
    const deadAt = () => this.lastRead + 2 * this.heartbeat;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (now() >= pingAt()) {
        this.lastPing = now();
        this.send('ping', Buffer.alloc(0));
        tell('ping-sent');
      }
      // After a pause of ours timers come first and what has arrived meanwhile second: let it be read before we judge.
      setImmediate(() => {
        if (now() >= deadAt()) this.end(`nothing was read for ${2 * this.heartbeat / 1000} s`);
        else if (!this.socket.destroyed) this.keepTime();
      });
    }, Math.max(0, Math.min(pingAt(), deadAt()) - now()));
  }

  // Resolves when the system has taken all of it, or never will.
  send(kind, content) {
    const start = Buffer.concat([Buffer.alloc(8), field(kind)]);
    start.writeInt32BE(MAGIC, 0);
    start.writeInt32BE(content.length, 4);
    const date = new Date(Date.now() + clockOffset).toISOString().slice(0, 19).replace('T', ' '); // UTC
    const rest = Buffer.concat([field(date), content]);
    this.lastToken = token(secret, start, rest);
    return new Promise(done => this.socket.write(Buffer.concat([start, field(this.lastToken), rest]), error => {
      if (!error) this.lastWrite = now();
      done();
    }));
  }

  onData(data) {
    this.lastRead = now();
    if (this.welcomed && this.lastRead - this.began >= STABLE_AFTER) failures = 0;
    this.received = Buffer.concat([this.received, data]);
    while (this.received.length >= 8 && !this.socket.destroyed) {
      const length = this.received.readInt32BE(4);
      if (this.received.readInt32BE(0) !== MAGIC || length < 0 || length > MAX_RECEIVED) return this.end('no frame where one must start');
      if (this.received.length < HEADER + length) return;
      const frame = this.received.subarray(0, HEADER + length);
      this.received = this.received.subarray(HEADER + length);
      const expected = Buffer.from(token(outboundKey, frame.subarray(0, 58), frame.subarray(108)));
      const sent = Buffer.from(fieldText(frame.subarray(58, 108)));
      if (sent.length !== expected.length || !crypto.timingSafeEqual(sent, expected)) return this.end('a token does not verify');
      try {
        this.handle(fieldText(frame.subarray(8, 58)), frame.subarray(HEADER).toString());
      } catch (error) { // no JSON where there should be some
        this.end(error.message);
      }
    }
  }

  handle(kind, content) {
    if (kind === 'ping') { // an answer or a sign of life; never answered
      tell('pong-received');
    } else if (kind === 'welcome') {
      const welcome = JSON.parse(content);
      session = welcome.sessionId;
      this.heartbeat = 1000 * welcome.heartbeatSeconds;
      this.welcomed = true;
      this.keepTime();
      tell(`welcome session=${session} generation=${welcome.generation} reconnected=${welcome.reconnected} ` +
        `resumed=${welcome.resumed} heartbeat=${welcome.heartbeatSeconds}`);
      onSession();
    } else if (kind === 'close') {
      this.onClose(JSON.parse(content));
    } else {
      tell(`message type=${kind} text=${content}`);
    }
  }

  onClose({ reason, retry = true, afterMs, serverTime, inReplyTo, detail = '' }) {
    tell(`close reason=${reason} retry=${retry} detail=${detail}`);
    if (retry === false) {
      tell('closed for good');
      process.exit(3);
    }
    // Only an answer to what we have just sent may set our clock, or a recorded one could.
    if (reason === 'token_expired' && inReplyTo === this.lastToken) {
      const wrongBy = Date.parse(serverTime) - (Date.now() + clockOffset);
      clockOffset += wrongBy;
      tell(`clock-corrected by=${Math.round(wrongBy / 1000)}`);
    }
    slot = afterMs ?? null;
    this.end('as the gateway announced');
  }

  end(why) {
    this.why = why;
    this.socket.destroy();
  }

  onClosed() {
    clearTimeout(this.timer);
    tell(this.connected ? `closed ${this.why}` : `connect-failed ${this.why}`);
    if (stopping) process.exit(0);
    connection = null;
    reconnect();
  }
}

function reconnect() {
  // Capped, then jittered over the whole range; or the slot that the gateway gave us.
  const pause = slot ?? Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** failures);
  slot = null;
  failures++;
  tell(`waiting ms=${Math.round(pause)}`);
  setTimeout(() => {
    attempt++;
    tell(`connecting attempt=${attempt}`);
    connection = new Connection();
  }, Math.min(pause, 2 ** 31 - 1)); // a longer timeout fires at once
}

// A line is taken from the input when the one before has left and there is a session: the input's pipe is our queue.
async function sendInput() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const bytes = Buffer.from(line);
    for (let i = 0; i < bytes.length; i += MAX_SENT) { // a line too long for one message goes out in pieces
      while (!connection?.welcomed) await new Promise(done => { onSession = done; });
      await connection.send('message', bytes.subarray(i, i + MAX_SENT));
    }
    if (bytes.length > 0) tell(`message-sent bytes=${bytes.length}`);
  }
}

// Says goodbye: what is begun is sent, then FIN, then the gateway's last bytes are read.
function stop() {
  if (!connection?.connected) process.exit(0);
  stopping = true;
  connection.why = 'by ourselves';
  clearTimeout(connection.timer);
  connection.socket.end();
  setTimeout(() => process.exit(0), GOODBYE);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
reconnect();
sendInput();
