import { element } from './dom.mjs';
import { bytes, clock, duration, endPoint, number, seconds } from './format.mjs';

/** A group of facts: `[name, text]`; those without a text are left out. */
export function group(title, facts) {
  const known = facts.filter(([, text]) => text !== null && text !== undefined && text !== '');
  return known.length === 0 ? null : element('section', {}, element('h3', {}, title), element('dl', {}, ...known.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, `${text}`)])));
}

export const tcpFacts = tcp => tcp && group('TCP, as the kernel has measured', [
  ['Round-trip time', `${seconds(tcp.rttSeconds)} ± ${seconds(tcp.rttVariationSeconds)}`],
  ['Retransmits', `${number(tcp.retransmits)}, ${number(tcp.pendingRetransmits)} unanswered now`],
  ['Unacknowledged segments', number(tcp.unacknowledged)],
  ['Last acknowledgement', ago(tcp.lastAcknowledgementSeconds)],
]);

/** What is known of an open connection. */
export function connectionFacts(details) {
  const c = details.connection;
  const { heartbeat, traffic, tls } = details;
  return [
    group('Heartbeat', [
      ['Last ping', heartbeat.lastPingSeconds === null ? 'none yet' : ago(heartbeat.lastPingSeconds)],
      ['Timeout', heartbeat.timeoutSeconds === null ? 'none' : `${heartbeat.timeoutSeconds} s, ${heartbeat.isNegotiated ? 'agreed with the client' : 'the gateway’s default'}`],
      ['Jitter', seconds(heartbeat.jitterSeconds)],
    ]),
    tcpFacts(details.tcp),
    group('Traffic', [
      ['Last byte in', ago(traffic.lastReadSeconds)],
      ['Last byte out', ago(traffic.lastWriteSeconds)],
      ['Bytes', `${bytes(traffic.bytesIn)} in, ${bytes(traffic.bytesOut)} out`],
      ['Frames', `${number(traffic.framesIn)} in, ${number(traffic.framesOut)} out`],
      ['Waiting to be sent', bytes(traffic.pendingBytes)],
    ]),
    tls ? group('TLS', [['Protocol', tls.protocol], ['Cipher suite', tls.cipherSuite], ['Certificate', tls.certificateName ?? 'none']]) : group('TLS', [['Protocol', 'none']]),
    group('Identity', [
      ['Client id', c.clientId],
      ['Connection', `#${c.connectionId}, ${c.state}`],
      ['Node', c.node],
      ['Address', endPoint(c.address, c.port)],
      ['Transport', details.transport],
      ['Proxy', details.proxyAddress],
      ['Connected', `${clock(c.connectedAt)}, ${duration(c.ageSeconds)} ago`],
      ['Key id', c.keyId],
      ['Library', c.library],
      ['Features', details.features?.join(', ')],
      ['Reconnects', c.reconnects],
      ['Generation', details.generation],
      ['Session', details.sessionId],
    ]),
  ];
}

const explanations = {
  client_silent: d => `Client silent: the client sent nothing for ${seconds(d.silentSeconds)}, and nothing points to the network or the gateway. Its limit is ${d.limitSeconds} s.`,
  network_loss: d => `Network loss: what was sent between gateway and client did not arrive. Nothing came for ${seconds(d.silentSeconds)}; the limit is ${d.limitSeconds} s.`,
  interval_too_long: d => d.usualGapSeconds === null
    ? `Interval too long: the client comes back and sends no second heartbeat within its limit of ${d.limitSeconds} s.`
    : `Interval too long: the client usually sends every ${seconds(d.usualGapSeconds)}, which leaves too little of its limit of ${d.limitSeconds} s.`,
  gateway_stall: d => `Gateway stall: the gateway’s own process paused for ${seconds(d.stallSeconds)}.`,
};

/** Why a connection ended, in a sentence. */
export function explain(disconnect) {
  const found = disconnect.postMortem;
  if (found) return explanations[found.cause]?.(found) ?? `It ended as ${disconnect.reason}: ${found.cause}.`;
  return `It ended as ${disconnect.reason}${disconnect.origin ? `, by the ${disconnect.origin}` : ''}${disconnect.detail ? `: ${disconnect.detail}` : ''}.`;
}

/** What is known of an ended connection. */
export function disconnectFacts(d) {
  const found = d.postMortem;
  return [
    group('End', [
      ['Time', clock(d.time)],
      ['Reason', d.reason],
      ['Origin', d.origin],
      ['Post-mortem', found?.cause.replaceAll('_', ' ')],
      ['Silent for', found && seconds(found.silentSeconds)],
      ['Limit', found && `${found.limitSeconds} s`],
      ['Usual gap', found && seconds(found.usualGapSeconds)],
      ['Detail', d.detail],
    ]),
    tcpFacts(found?.tcp),
    group('Connection', [
      ['Client id', d.clientId],
      ['Connection', `#${d.connectionId}`],
      ['Node', d.node],
      ['Address', endPoint(d.address, d.port)],
      ['Key id', d.keyId],
      ['Connected', clock(d.connectedAt)],
      ['Lasted', duration(d.durationSeconds)],
      ['Generation', d.generation],
      ['Bytes', `${bytes(d.bytesIn)} in, ${bytes(d.bytesOut)} out`],
      ['Frames', `${number(d.framesIn)} in, ${number(d.framesOut)} out`],
    ]),
  ];
}

const ago = value => value === null || value === undefined ? null : `${seconds(value)} ago`;
