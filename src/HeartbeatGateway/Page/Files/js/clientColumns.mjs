import { bytes, duration, endPoint, nameOf, number, seconds } from './format.mjs';

/** The columns of the table of clients. `sort` is the API's name of the order. */
export const clientColumns = [
  { name: 'client', title: 'Client', text: nameOf, hint: c => c.clientId ?? 'This connection has no client id' },
  { name: 'node', title: 'Node', priority: 3, text: c => c.node ?? '–', isOptional: true, has: c => Boolean(c.node) },
  { name: 'state', title: 'State', priority: 2, text: c => c.state, level: c => c.state === 'connected' ? '' : 'warning' },
  { name: 'address', title: 'Address', priority: 3, text: c => endPoint(c.address, c.port) },
  { name: 'age', title: 'Connected for', priority: 2, isNumber: true, sort: 'connectedAt', text: c => duration(c.ageSeconds), hint: c => `since ${c.connectedAt}` },
  { name: 'idle', title: 'Idle', isNumber: true, sort: 'idle', text: c => seconds(c.idleSeconds) },
  { name: 'rtt', title: 'RTT', isNumber: true, sort: 'rtt', text: c => seconds(c.rttSeconds) },
  { name: 'jitter', title: 'Jitter', priority: 2, isNumber: true, sort: 'heartbeatJitter', text: c => seconds(c.heartbeatJitterSeconds) },
  { name: 'retransmits', title: 'Retransmits', priority: 3, isNumber: true, sort: 'retransmits', text: c => c.retransmits === null ? '–' : number(c.retransmits) },
  {
    name: 'reconnects', title: 'Reconnects', priority: 3, isNumber: true, sort: 'reconnects', text: c => number(c.reconnects ?? 0),
    isOptional: true, has: c => c.reconnects !== undefined,
  },
  { name: 'pending', title: 'Pending', priority: 4, isNumber: true, sort: 'pendingBytes', text: c => bytes(c.pendingBytes) },
  { name: 'bytes', title: 'Bytes', priority: 4, isNumber: true, sort: 'bytes', text: c => bytes(c.bytesIn + c.bytesOut), hint: c => `${number(c.bytesIn)} in, ${number(c.bytesOut)} out` },
  { name: 'library', title: 'Library', priority: 4, text: c => c.library ?? '–', isOptional: true, has: c => Boolean(c.library) },
];

/** The orders that the API knows, with their names for people and the order that shows trouble first. */
export const clientSorts = [
  { name: 'connectedAt', title: 'Connected since', first: 'asc' },
  { name: 'lastReceived', title: 'Last received', first: 'asc' },
  { name: 'idle', title: 'Idle', first: 'desc' },
  { name: 'rtt', title: 'RTT', first: 'desc' },
  { name: 'heartbeatJitter', title: 'Jitter', first: 'desc' },
  { name: 'retransmits', title: 'Retransmits', first: 'desc' },
  { name: 'reconnects', title: 'Reconnects', first: 'desc' },
  { name: 'pendingBytes', title: 'Pending', first: 'desc' },
  { name: 'bytes', title: 'Bytes', first: 'desc' },
];
