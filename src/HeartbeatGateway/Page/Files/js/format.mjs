/** Numbers and times as people read them. The same on each machine, except for the time zone. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const number = value => whole.format(value);

/** A rate: whole from 100 on. */
export const rate = value => (value >= 100 ? whole : tenth).format(value);

/** A number and its noun. */
export const counted = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** A short time, from microseconds to seconds. */
export function seconds(value) {
  if (value === null || value === undefined) return '–';
  if (value === 0) return '0 s';
  if (value < 0.001) return `${whole.format(value * 1e6)} µs`;
  if (value < 1) return `${(value < 0.01 ? tenth : whole).format(value * 1e3)} ms`;
  return value < 100 ? `${tenth.format(value)} s` : duration(value);
}

/** A long time, in its two largest units. */
export function duration(value) {
  if (value === null || value === undefined) return '–';
  const s = Math.floor(value);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export function bytes(value) {
  if (value === null || value === undefined) return '–';
  if (value < 1000) return `${whole.format(value)} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let scaled = value / 1000;
  let unit = 0;
  for (; scaled >= 999.95 && unit < units.length - 1; unit++) scaled /= 1000;
  return `${tenth.format(scaled)} ${units[unit]}`;
}

/** The time of the day, with the date unless it is today. */
export function clock(iso, now = new Date()) {
  const time = new Date(iso);
  const two = n => String(n).padStart(2, '0');
  const day = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  const isToday = time.toDateString() === now.toDateString();
  return isToday ? day : `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${day}`;
}

/** An address with its port. */
export function endPoint(address, port) {
  if (!address) return '–';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** The name of a client, or of a connection without one. */
export const nameOf = connection => connection.clientId ?? `#${connection.connectionId}`;
