import { call, describe } from './api.mjs';
import { Bans } from './bans.mjs';
import { Clients } from './clients.mjs';
import { change, confirmChange } from './confirm.mjs';
import { Disconnects } from './disconnects.mjs';
import { Drain } from './drain.mjs';
import { Drawer } from './drawer.mjs';
import { nameOf } from './format.mjs';
import './keyDialog.mjs';
import { Nodes } from './nodes.mjs';
import { Overview } from './overview.mjs';
import { session } from './session.mjs';
import { SnapshotStream } from './stream.mjs';

/** How often each part is fetched again while it is on the screen, in seconds. */
const clientsEvery = 5;
const bansEvery = 15;
const nodesEvery = 10;
const statusEvery = 60;

const overview = new Overview();
const drawer = new Drawer({
  disconnect: askToDisconnect,
  ban: (kind, value) => bans.add(kind, value),
  history: clientId => {
    drawer.close();
    disconnects.choose(clientId);
  },
});
const clients = new Clients(connection => drawer.openConnection(connection));
const disconnects = new Disconnects(disconnect => drawer.openDisconnect(disconnect));
const drain = new Drain();
const nodes = new Nodes();
const bans = new Bans(() => refreshLists());

let isLive = false;
let seconds = 0;
let closedShown = -1;
let refreshedAt = 0;

const stream = new SnapshotStream({
  history: snapshots => {
    overview.begin(snapshots);
    // Not twice on opening.
    if (performance.now() - refreshedAt > 2000) refreshAll();
  },
  snapshot: snapshot => {
    overview.add(snapshot);
    everySecond(snapshot);
  },
  state: state => {
    isLive = state.name === 'live';
    overview.setState(state);
  },
});

/** The page begins anew when the key changes. */
session.addEventListener('changed', () => {
  refreshAll();
  stream.restart();
});

// The table does not wait for the stream.
refreshAll();
stream.restart();

async function showStatus() {
  try {
    const status = await call('GET', 'status');
    session.scope = status.scope;
    session.caller = status.caller;
    overview.showStatus(status);
  } catch (error) {
    console.warn(describe(error));
  }
}

function refreshAll() {
  refreshedAt = performance.now();
  showStatus();
  refreshLists();
  drain.refresh();
  bans.refresh();
  nodes.refresh();
}

function refreshLists() {
  clients.refresh();
  disconnects.refresh();
}

function everySecond(snapshot) {
  if (!isLive || document.hidden) return;
  seconds++;
  if (seconds % clientsEvery === 0) clients.refresh();
  if (snapshot.closed !== closedShown && seconds % 2 === 0) {
    closedShown = snapshot.closed;
    disconnects.refresh();
  }
  if (drain.isRunning || snapshot.isDraining || seconds % bansEvery === 0) drain.refresh();
  if (seconds % bansEvery === 0) {
    bans.refresh();
    disconnects.refresh();
  }
  if (seconds % nodesEvery === 0) nodes.refresh();
  if (seconds % statusEvery === 0) showStatus();
}

function askToDisconnect(connection) {
  confirmChange({
    title: 'Disconnect?',
    text: `The connection of ${nameOf(connection)} is closed. The client may reconnect; a ban would prevent that.`,
    button: 'Disconnect',
    run: async key => {
      // One that has ended meanwhile is not an error: it is what was asked for.
      await change('POST', 'disconnect', key, { connectionIds: [connection.connectionId], ...(connection.node ? { node: connection.node } : {}) });
      drawer.close();
      refreshLists();
    },
  });
}
