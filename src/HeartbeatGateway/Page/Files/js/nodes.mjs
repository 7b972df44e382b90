import { call, describe } from './api.mjs';
import { byId, element, setText, showProblem } from './dom.mjs';
import { counted, duration, number } from './format.mjs';

/** The nodes of the cluster; hidden while the gateway is alone. */
export class Nodes {
  #section = byId('nodes');
  #problem = byId('nodes-problem');
  #rows = byId('node-table').tBodies[0];

  async refresh() {
    try {
      const { nodes, isDegraded } = await call('GET', 'nodes');
      this.#section.hidden = nodes.length < 2 && !isDegraded;
      showProblem(this.#problem, isDegraded ? 'Redis cannot be reached: each node serves its own clients, and these are the nodes that were known last.' : '');
      const clients = nodes.reduce((sum, node) => sum + (node.connectedClients ?? 0), 0);
      setText(byId('nodes-note'), `${counted(nodes.length, 'node')}, ${counted(clients, 'client')}`);
      this.#rows.replaceChildren(...nodes.map(row));
    } catch (error) {
      // A gateway of an earlier version has no nodes.
      if (!this.#section.hidden) showProblem(this.#problem, describe(error));
    }
  }
}

function row(node) {
  const cells = [
    [`${node.name}${node.isSelf ? ' (this page)' : ''}`, '', node.epoch],
    [stateOf(node), node.isAnswering && !node.isDraining ? '' : 'warning', ''],
    [node.connectedClients === null ? '–' : number(node.connectedClients), '', ''],
    [node.startedAt === null ? '–' : duration((Date.now() - Date.parse(node.startedAt)) / 1000), '', node.startedAt ?? ''],
    [node.version?.split('+')[0] ?? '–', '', node.version ?? ''],
  ];
  return element('tr', {}, ...cells.map(([text, level, title], i) => {
    const cell = element('td', { className: i === 2 ? 'number' : '', title }, text);
    if (level) cell.dataset.level = level;
    return cell;
  }));
}

const stateOf = node => !node.isAnswering ? 'does not answer' : node.isDraining ? 'draining' : 'serving';
