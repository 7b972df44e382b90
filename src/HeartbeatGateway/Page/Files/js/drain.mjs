import { call, describe } from './api.mjs';
import { change, confirmChange } from './confirm.mjs';
import { byId, setText, showProblem } from './dom.mjs';
import { clock, counted, number } from './format.mjs';

/** Drains the gateway: closes its connections spread over a time, so that their clients go elsewhere. */
export class Drain {
  #form = byId('drain-form');
  #seconds = byId('drain-seconds');
  #start = byId('drain-start');
  #cancel = byId('drain-cancel');
  #progress = byId('drain-progress');

  constructor() {
    this.#form.addEventListener('submit', event => {
      event.preventDefault();
      this.#askToStart(Number(this.#seconds.value));
    });
    this.#cancel.addEventListener('click', () => this.#askToCancel());
  }

  /** Whether a drain runs, as far as is known. */
  isRunning = false;

  async refresh() {
    try {
      this.#show(await call('GET', 'drain'));
      showProblem(byId('drain-problem'), '');
    } catch (error) {
      showProblem(byId('drain-problem'), describe(error));
    }
  }

  #show(drain) {
    this.isRunning = drain.state === 'draining';
    const isOn = drain.state !== 'none';
    setText(byId('drain-state'), {
      none: `Not draining: ${counted(drain.connections, 'connection')} open, and new ones are accepted.`,
      draining: `Draining since ${clock(drain.startedAt)}${drain.startedBy ? `, started by ${drain.startedBy}` : ''}: ${number(drain.closed)} closed, ${number(drain.remaining)} left.`,
      drained: `Drained: ${counted(drain.closed, 'connection')} closed. New ones are refused until the drain is cancelled.`,
    }[drain.state] ?? drain.state);
    this.#progress.hidden = !isOn;
    this.#progress.max = Math.max(1, drain.closed + drain.remaining);
    this.#progress.value = drain.state === 'drained' ? this.#progress.max : drain.closed;
    this.#start.hidden = this.#seconds.disabled = isOn;
    this.#cancel.hidden = !isOn;
  }

  #askToStart(duration) {
    confirmChange({
      title: 'Drain the gateway?',
      text: `It refuses new connections, and closes all open ones within ${counted(duration, 'second')}. Clients are told when to reconnect.`,
      button: 'Start the drain',
      run: async key => this.#show(await change('POST', 'drain', key, { durationSeconds: duration })),
    });
  }

  #askToCancel() {
    confirmChange({
      title: 'Cancel the drain?',
      text: 'The gateway accepts connections again. Those that were closed stay closed.',
      button: 'Cancel the drain',
      run: async key => this.#show(await change('DELETE', 'drain', key)),
    });
  }
}
