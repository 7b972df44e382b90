#!/usr/bin/env node
// A complete HeartbeatGateway client that uses only the modules of Node: node client.js HOST PORT SECRET CLIENT_ID
//
// When SECRET is -, the client reads the secret from the environment variable GATEWAY_SECRET, which other users of the machine
// cannot see. GATEWAY_KEY_ID is the key id, for a gateway with several keys. The client prints one event per line. It sends each
// line of its input as a message, and again after a reconnect until the gateway has acknowledged it. Exit codes: 0 after SIGTERM or
// SIGINT, 2 for wrong arguments, 3 after a close with retry: false.
'use strict';
const crypto = require('node:crypto');
const net = require('node:net');
const readline = require('node:readline');

const MAGIC = 0x76, HEADER = 158;
const MAX_RECEIVED = 1 << 20, MAX_SENT = 1 << 16; // content bytes: limit of this client, limit of the gateway
const MAX_KEPT = 100; // messages that are not acknowledged; above it no input is read
const CONNECT_TIMEOUT = 10e3, LONGEST_PAUSE = 60e3, STABLE_AFTER = 30e3, CLOSE_TIMEOUT = 2e3; // milliseconds

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

const outboundKey = crypto.createHmac('sha256', secret).update('heartbeatgateway outbound').digest(); // signs received frames
const keyPrefix = process.env.GATEWAY_KEY_ID ? `${process.env.GATEWAY_KEY_ID}.` : '';
const wantedHeartbeat = Number(process.env.HEARTBEAT_SECONDS ?? 5);
const instance = crypto.randomBytes(8).toString('hex');
let clockOffset = 1000 * Number(process.env.CLOCK_OFFSET_SECONDS ?? 0); // to test with a wrong clock
let attempt = 0, session = null, failures = 0, slot = null, connection = null, stopping = false;
const kept = []; // { number, content } of messages that are not acknowledged
let lastNumber = 0, sent = 0; // the last number given, the highest one sent
let pushes = null, receivedNumber = 0; // the gateway's numbering, the highest number received
let onRoom = () => {}; // called when a message is acknowledged

const now = () => performance.now(); // monotonic: the wall clock can jump, and a timeout must not
const tell = event => process.stdout.write(event.replace(/\p{C}/gu, '?') + '\n');
const token = (key, start, rest) => keyPrefix + crypto.createHmac('sha256', key).update(start).update(rest).digest('base64url');

function forget(acknowledged) {
  while (kept.length > 0 && kept[0].number <= acknowledged) kept.shift();
  onRoom();
}

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
  generation = null; // null: ack is not granted
  next = 0; // the first number that this connection has not sent
  lastToken = '';
  why = 'the gateway ended the stream';

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
      resume: session ?? undefined, sent: sent || undefined, features: ['close', 'ack'],
    })));
    this.keepTime();
  }

  // Sends a ping when no byte was written or no byte was read for one heartbeat interval, at most one per interval.
  // Closes the connection when no byte was read for two intervals.
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
      // After a pause of this process, Node runs timers before it reads the socket. setImmediate reads the received bytes first.
      setImmediate(() => {
        if (now() >= deadAt()) this.end(`nothing was read for ${2 * this.heartbeat / 1000} s`);
        else if (!this.socket.destroyed) this.keepTime();
      });
    }, Math.max(0, Math.min(pingAt(), deadAt()) - now()));
  }

  // Resolves when the system has accepted all bytes, or when the write has failed.
  send(kind, content, number = null) {
    const start = Buffer.concat([Buffer.alloc(8), field(kind)]);
    start.writeInt32BE(MAGIC, 0);
    start.writeInt32BE(content.length, 4);
    const date = new Date(Date.now() + clockOffset).toISOString().slice(0, 19).replace('T', ' '); // UTC
    const created = number === null ? date : `${date} n=${number} g=${this.generation}`;
    const rest = Buffer.concat([field(created), content]);
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
    this.ackDue = false;
    while (this.received.length >= 8 && !this.socket.destroyed) {
      const length = this.received.readInt32BE(4);
      if (this.received.readInt32BE(0) !== MAGIC || length < 0 || length > MAX_RECEIVED) return this.end('no frame where one must start');
      if (this.received.length < HEADER + length) break;
      const frame = this.received.subarray(0, HEADER + length);
      this.received = this.received.subarray(HEADER + length);
      const expected = Buffer.from(token(outboundKey, frame.subarray(0, 58), frame.subarray(108)));
      const sent = Buffer.from(fieldText(frame.subarray(58, 108)));
      if (sent.length !== expected.length || !crypto.timingSafeEqual(sent, expected)) return this.end('a token does not verify');
      try {
        this.handle(fieldText(frame.subarray(8, 58)), fieldText(frame.subarray(108, 158)), frame.subarray(HEADER).toString());
      } catch (error) { // the content is not valid JSON, or a number is wrong
        this.end(error.message);
      }
    }
    if (this.ackDue && !this.socket.destroyed) this.send('ack', Buffer.alloc(0), receivedNumber); // one for all that were read together
  }

  // The number of a frame; null when it has none, or when the gateway has not granted the feature ack.
  numberOf(kind, created) {
    if (this.generation === null || !(kind === 'ack' || created.startsWith(' n=', 19))) return null;
    const found = /^ n=(0|[1-9]\d{0,11}) g=(\d{1,13})$/.exec(created.slice(19));
    if (!found || Number(found[2]) !== this.generation) throw new Error('a number is not of this connection');
    return Number(found[1]);
  }

  handle(kind, created, content) {
    const number = this.numberOf(kind, created);
    if (kind === 'ping') { // an answer or a keep-alive of the gateway; a client never answers it
      tell('pong-received');
    } else if (kind === 'welcome') {
      const welcome = JSON.parse(content);
      session = welcome.sessionId;
      this.heartbeat = 1000 * welcome.heartbeatSeconds;
      this.welcomed = true;
      this.keepTime();
      tell(`welcome session=${session} generation=${welcome.generation} reconnected=${welcome.reconnected} ` +
        `resumed=${welcome.resumed} heartbeat=${welcome.heartbeatSeconds}`);
      if (welcome.features?.includes('ack')) this.onAckGranted(welcome);
      this.sendKept();
    } else if (kind === 'close') {
      this.onClose(JSON.parse(content));
    } else if (kind === 'ack' && number !== null) {
      forget(number);
      tell(`acknowledged through=${number}`);
    } else if (number !== null && number <= receivedNumber) {
      this.ackDue = true;
      tell(`duplicate number=${number}`);
    } else {
      if (number !== null) {
        receivedNumber = number;
        this.ackDue = true;
      }
      tell(`message type=${kind} text=${content}`);
    }
  }

  onAckGranted(welcome) {
    this.generation = welcome.generation;
    if (welcome.pushes !== pushes) { // a new numbering begins with 1
      pushes = welcome.pushes;
      receivedNumber = 0;
    }
    this.send('ack', Buffer.alloc(0), receivedNumber);
    forget(welcome.accepted ?? 0);
  }

  // Sends what this connection has not sent. Without the feature ack, messages have no number and are sent once.
  async sendKept() {
    if (!this.welcomed || this.sending) return;
    this.sending = true;
    for (let message; !this.socket.destroyed && (message = kept.find(m => m.number >= this.next)) !== undefined;) {
      const { number, content } = message, isNumbered = this.generation !== null;
      this.next = number + 1;
      const event = number > sent ? 'message-sent' : 'message-resent';
      sent = Math.max(sent, number);
      if (!isNumbered) kept.splice(kept.indexOf(message), 1);
      await this.send('message', content, isNumbered ? number : null);
      tell(`${event} bytes=${content.length}` + (isNumbered ? ` number=${number}` : ''));
      if (!isNumbered) onRoom();
    }
    this.sending = false;
  }

  onClose({ reason, retry = true, afterMs, serverTime, inReplyTo, detail = '' }) {
    tell(`close reason=${reason} retry=${retry} detail=${detail}`);
    if (retry === false) {
      tell('closed for good');
      process.exit(3);
    }
    // Only an answer to the frame just sent may set the clock. Otherwise a recorded close could set it.
    if (reason === 'token_expired' && inReplyTo === this.lastToken) {
      const wrongBy = Date.parse(serverTime) - (Date.now() + clockOffset);
      clockOffset += wrongBy;
      tell(`clock-corrected by=${Math.round(wrongBy / 1000)}`);
    }
    slot = afterMs ?? null;
    this.end('after a close frame');
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
  // Waits for the slot from the gateway; without one, for the backoff, which is capped first and then jittered from 0.
  const pause = slot ?? Math.random() * Math.min(LONGEST_PAUSE, 1000 * 2 ** failures);
  slot = null;
  failures++;
  tell(`waiting ms=${Math.round(pause)}`);
  setTimeout(() => {
    attempt++;
    tell(`connecting attempt=${attempt}`);
    connection = new Connection();
  }, Math.min(pause, 2 ** 31 - 1)); // a longer timeout fires immediately
}

// Numbers the lines of the input and keeps them. Without room for one, the pipe of the input is the queue.
async function keepInput() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const bytes = Buffer.from(line);
    for (let i = 0; i < bytes.length; i += MAX_SENT) { // a line that is too long for one message is sent in pieces
      while (kept.length >= MAX_KEPT) await new Promise(done => { onRoom = done; });
      kept.push({ number: ++lastNumber, content: bytes.subarray(i, i + MAX_SENT) });
      connection?.sendKept();
    }
  }
}

// Closes gracefully: sends the pending output and FIN, then reads the last bytes of the gateway.
function stop() {
  if (!connection?.connected) process.exit(0);
  stopping = true;
  connection.why = 'by the client';
  clearTimeout(connection.timer);
  connection.socket.end();
  setTimeout(() => process.exit(0), CLOSE_TIMEOUT);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
reconnect();
keepInput();
