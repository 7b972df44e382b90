import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { root } from './lib/paths.mjs';

/** The parts of the page that need no browser. */
const part = name => import(path.join(root, `src/HeartbeatGateway/Page/Files/js/${name}.mjs`));
const { History } = await part('history');
const { verdictOf } = await part('verdict');
const { readEvents } = await part('sse');
const { waitBefore } = await part('backoff');
const format = await part('format');

const calm = {
  connected: 18_000, open: 18_003, heartbeatsPerSecond: 3600, heartbeats: 1, timeouts: 0, timeoutCauses: {}, reconnects: 0,
  opened: 18_003, closed: 0, rejected: 0, rejections: {}, stalls: 0, stallSeconds: 0, isDraining: false, notReady: null, configurationRefused: null,
};

/** A history of five minutes: a snapshot each second, made from the number of seconds since the first. */
function history(make = () => ({}), length = 300) {
  const made = new History();
  made.replace(Array.from({ length }, (_, i) => ({ time: new Date(i * 1000).toISOString(), ...calm, ...make(i) })));
  return made;
}

describe('the verdict', () => {
  const cases = [
    ['well', 'good', () => ({}), 'All is well: 18,000 clients connected, 3,600 heartbeats a second.'],
    ['one client', 'good', () => ({ connected: 1, heartbeatsPerSecond: 0.2 }), 'All is well: 1 client connected, 0.2 heartbeats a second.'],
    ['none', 'good', () => ({ connected: 0 }), 'The gateway accepts clients; none is connected.'],
    ['draining', 'warning', () => ({ isDraining: true, open: 12_300, notReady: 'stopping' }), 'The gateway is draining: 12,300 connections left.'],
    ['not ready', 'bad', () => ({ notReady: 'starting' }), 'The gateway accepts no clients: it is starting.'],
    ['refused', 'bad', () => ({ configurationRefused: 'Gateway:Tcp' }), 'The last change of the configuration was refused (Gateway:Tcp); the previous one is in force.'],
    ['stalled', 'bad', i => ({ stalls: i > 270 ? 2 : 0, stallSeconds: i > 270 ? 3.4 : 0 }), 'The gateway’s process paused 2 times in the last minute, for 3.4 s in total.'],
    [
      'timeouts that rise', 'warning', i => ({ timeouts: i > 270 ? 90 : 0, timeoutCauses: i > 270 ? { network_loss: 80, client_silent: 10 } : {} }),
      'Timeouts are rising: 90 connections timed out in the last minute, mostly network loss (the network lost what was sent).',
    ],
    ['timeouts that go on', 'warning', i => ({ timeouts: i, timeoutCauses: { reader_idle: i } }), '60 connections timed out in the last minute, mostly reader idle (nothing came within the limit).'],
    ['few timeouts', 'good', i => ({ timeouts: i > 270 ? 2 : 0 }), 'All is well: 18,000 clients connected, 3,600 heartbeats a second.'],
    ['clients that leave', 'warning', i => ({ connected: i > 270 ? 9000 : 18_000 }), '9,000 of 18,000 clients left within the last minute.'],
    ['rejections', 'warning', i => ({ rejected: i > 270 ? 40 : 0, rejections: i > 270 ? { too_many_connections: 40 } : {} }), '40 connections rejected in the last minute, mostly as too_many_connections.'],
    ['what is past', 'good', i => ({ timeouts: i > 100 ? 900 : 0, stalls: i > 100 ? 1 : 0 }), 'All is well: 18,000 clients connected, 3,600 heartbeats a second.'],
  ];
  for (const [name, level, make, text] of cases) {
    test(name, () => {
      const verdict = verdictOf(history(make));
      assert.equal(verdict.text, text);
      assert.equal(verdict.level, level);
    });
  }
  test('nothing yet', () => assert.equal(verdictOf(new History()).level, 'unknown'));
});

test('the history keeps five minutes and tells what grew', () => {
  const kept = history(i => ({ timeouts: i * 2 }), 300);
  kept.add({ ...calm, time: new Date(300_000).toISOString(), timeouts: 600 });
  assert.equal(kept.all.length, 300);
  assert.equal(kept.grown('timeouts', 60), 120);
  assert.equal(kept.growth('timeouts')[0], 0);
  assert.equal(kept.growth('timeouts').at(-1), 2);
  assert.deepEqual(kept.times().slice(0, 2), [1, 2]);
});

test('events are read however their bytes are cut', async () => {
  const text = ': comment\n\nevent: history\ndata: [{"a":"ü"}]\n\nevent: snapshot\nid: x-1\ndata: {"b":1}\n\n';
  const bytes = new TextEncoder().encode(text);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < bytes.length; i += size) controller.enqueue(bytes.slice(i, i + size));
        controller.close();
      },
    });
    const events = [];
    for await (const event of readEvents(body)) events.push(event);
    assert.deepEqual(events, [
      { event: '', id: null, data: '' },
      { event: 'history', id: null, data: '[{"a":"ü"}]' },
      { event: 'snapshot', id: 'x-1', data: '{"b":1}' },
    ]);
  }
});

test('attempts wait longer and longer, up to ten seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 60].map(failures => waitBefore(failures, 1)), [0, 0.5, 1, 2, 4, 8, 10, 10]);
  assert.equal(waitBefore(2, 0), 0.5);
});

test('numbers and times are written for people', () => {
  const { number, rate, seconds, duration, bytes, endPoint, counted, clock } = format;
  assert.equal(number(18_000), '18,000');
  assert.deepEqual([rate(0.26), rate(99.9), rate(3600.4)], ['0.3', '99.9', '3,600']);
  assert.deepEqual([0, 0.000012, 0.0042, 0.0231, 4.21, 250, null].map(seconds), ['0 s', '12 µs', '4.2 ms', '23 ms', '4.2 s', '4 min 10 s', '–']);
  assert.deepEqual([5, 65, 3700, 90_000].map(duration), ['5 s', '1 min 5 s', '1 h 1 min', '1 d 1 h']);
  assert.deepEqual([999, 62_410, 999_960, 5e12].map(bytes), ['999 B', '62.4 kB', '1.0 MB', '5.0 TB']);
  assert.equal(endPoint('2001:db8::1', 8081), '[2001:db8::1]:8081');
  assert.deepEqual([counted(1, 'client'), counted(2, 'client')], ['1 client', '2 clients']);
  const then = new Date(2026, 10, 27, 3, 12, 7);
  assert.equal(clock(then.toISOString(), new Date(2026, 10, 27)), '03:12:07');
  assert.equal(clock(then.toISOString(), new Date(2026, 10, 28)), '2026-11-27 03:12:07');
});
