import { counted, number, rate } from './format.mjs';

const minute = 60;

/** From how many timeouts a minute, beyond this share of the clients, there is something to say. */
const fewTimeouts = 3;
const shareOfTimeouts = 0.002;

/** From which share of clients lost within a minute there is something to say. */
const shareOfLost = 0.1;

/** What the labels of causes mean, within a sentence. */
const causes = {
  client_silent: 'the clients sent nothing',
  network_loss: 'the network lost what was sent',
  interval_too_long: 'their interval is too long for their limit',
  gateway_stall: 'the gateway’s own process paused',
  reader_idle: 'nothing came within the limit',
  all_idle: 'nothing came or went within the limit',
  handshake: 'no valid frame came after connecting',
  frame: 'a frame was not finished',
  write: 'they took no bytes',
};

/**
 * The state of the gateway in one sentence: what is worst, or that all is well.
 * @param {import('./history.mjs').History} history
 * @returns {{level: 'good' | 'warning' | 'bad' | 'unknown', text: string, kind: string}}
 */
export function verdictOf(history) {
  if (history.isEmpty) return { level: 'unknown', kind: 'empty', text: 'The gateway has sent no figures yet.' };
  const now = history.latest;
  const rules = [draining, notReady, refused, stalled, timeouts, lost, rejected, idle];
  for (const rule of rules) {
    const found = rule(now, history);
    if (found) return { kind: rule.name, ...found };
  }
  return { level: 'good', kind: 'well', text: `All is well: ${counted(now.connected, 'client')} connected, ${rate(history.recentRate)} heartbeats a second.` };
}

function draining(now) {
  return now.isDraining ? { level: 'warning', text: `The gateway is draining: ${counted(now.open, 'connection')} left.` } : null;
}

function notReady(now) {
  return now.notReady ? { level: 'bad', text: `The gateway accepts no clients: it is ${now.notReady}.` } : null;
}

function refused(now) {
  return now.configurationRefused
    ? { level: 'bad', text: `The last change of the configuration was refused (${now.configurationRefused}); the previous one is in force.` }
    : null;
}

function stalled(now, history) {
  const stalls = history.grown('stalls', minute);
  const length = history.grown('stallSeconds', minute);
  return stalls > 0 ? { level: 'bad', text: `The gateway’s process paused ${counted(stalls, 'time')} in the last minute, for ${rate(length)} s in total.` } : null;
}

function timeouts(now, history) {
  const recent = history.grown('timeouts', minute);
  if (recent < fewTimeouts || recent < shareOfTimeouts * now.connected) return null;
  const before = (history.grown('timeouts') - recent) / Math.max(1, (history.all.length - 1 - minute) / minute);
  const cause = history.mostGrown('timeoutCauses', minute);
  const trend = history.all.length > 2 * minute && recent > 2 * before ? 'Timeouts are rising: ' : '';
  const why = cause ? `, mostly ${cause.replaceAll('_', ' ')}${causes[cause] ? ` (${causes[cause]})` : ''}` : '';
  return { level: 'warning', text: `${trend}${counted(recent, 'connection')} timed out in the last minute${why}.` };
}

function lost(now, history) {
  const before = history.ago(minute).connected;
  const gone = before - now.connected;
  return before >= 10 && gone > shareOfLost * before
    ? { level: 'warning', text: `${number(gone)} of ${counted(before, 'client')} left within the last minute.` }
    : null;
}

function rejected(now, history) {
  const recent = history.grown('rejected', minute);
  const reason = history.mostGrown('rejections', minute);
  return recent > 0
    ? { level: 'warning', text: `${counted(recent, 'connection')} rejected in the last minute${reason ? `, mostly as ${reason}` : ''}.` }
    : null;
}

function idle(now) {
  return now.connected === 0 ? { level: 'good', text: 'The gateway accepts clients; none is connected.' } : null;
}
