/**
 * One end of the UDP bench, in a process of its own: sends or receives over 127.0.0.1, as bare datagrams or as bundles of a real node
 * on a real host, or writes to the disk. Its argument is a JSON text, see `EndOptions` in udp.bench.ts; the parent hears its ports,
 * tells it the peer's, and asks for its figures with `mark`.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { defaultAgentConfig, MemoryBundleStore } from '../dist/agent/index.js';
import { Random } from '../dist/base/random.js';
import { SILENT_TRACE } from '../dist/base/trace.js';
import { accelerateCodec } from '../dist/bpv7/accelerate.node.js';
import { ProcessorCatalogue } from '../dist/processors/index.js';
import { ContactGraph, ContactPlan, RouteTable } from '../dist/routing/index.js';
import { UdpHost } from '../dist/runtime/host.node.js';
import { SatelliteNode, TRAFFIC_SERVICE } from '../dist/runtime/node.js';
import { nodePlatform } from '../dist/runtime/platform.node.js';
import { ProcessorRunner } from '../dist/runtime/processor-runner.js';
import { WallClock } from '../dist/runtime/wall-clock.node.js';

const ADDRESS = '127.0.0.1';
const SENDER = 1;
const RECEIVER = 2;

/** The one contact in each direction: open throughout, and faster than any process is. */
const CONTACT_END_US = 1e11;
const RATE_BYTES_PER_SECOND = 1e10;

/** The receiver tells how many it has each time that this share of the window has come, and after this many milliseconds. */
const CREDITS_PER_WINDOW = 8;
const CREDIT_INTERVAL_MS = 5;

/**
 * After this long without a word what is under way counts as lost, in milliseconds. On a busy machine a process may not run for a while:
 * what is merely late and counted as lost would widen the window of bundles without custody alone.
 */
const STALL_MS = 500;

/** A file of the disk reference is begun again at this length, so that the disk does not fill up. */
const PIECE_BYTES = 4 * 1024 * 1024;
const FILE_BYTES = 256 * PIECE_BYTES;

const options = JSON.parse(process.argv[2]);
const figures = { bundles: 0, sent: 0, wireBytes: 0 };

process.on('message', (message) => {
  if (message.kind !== 'mark') return;
  const { user, system } = process.cpuUsage();
  process.send({ ...figures, atMs: performance.now(), cpuUs: user + system });
});
process.on('disconnect', () => process.exit());

/** Writes and syncs pieces, in turns of the event loop so that the parent is heard. */
function writeToDisk() {
  const file = openSync(join(options.folder, `reference-${process.pid}`), 'w');
  const piece = Buffer.alloc(PIECE_BYTES, 7);
  let at = 0;
  const turn = () => {
    writeSync(file, piece, 0, piece.length, at);
    fdatasyncSync(file);
    at = (at + piece.length) % FILE_BYTES;
    figures.bundles += piece.length / options.sizeBytes;
    setImmediate(turn);
  };
  process.on('exit', () => closeSync(file));
  process.send({ port: 0, creditPort: 0 });
  turn();
}

async function bareEnd() {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, ADDRESS);
  await once(socket, 'listening');
  const flow = await startFlow(socket.address().port);
  socket.connect(flow.peer.port, ADDRESS);
  await once(socket, 'connect');
  if (options.role === 'receive') socket.on('message', () => flow.received());
  const packet = Buffer.alloc(options.sizeBytes, 7);
  flow.send((count) => {
    for (let i = 0; i < count; i++) socket.send(packet);
  });
}

async function nodeEnd() {
  await accelerateCodec();
  const isSender = options.role === 'send';
  const number = isSender ? SENDER : RECEIVER;
  const clock = new WallClock(1);
  const node = newNode(number, await openStore());
  let flow;
  const host = new UdpHost({
    node,
    runner: new ProcessorRunner(new ProcessorCatalogue(), nodePlatform),
    clock,
    onOutput(output) {
      if (output.kind === 'deliver') {
        flow.received();
        const { receipt } = output.delivery;
        if (receipt > 0) host.input({ kind: 'delivery-taken', receipt });
      } else if (output.kind === 'bundle-refused') flow.refused();
    },
    onTransmit(output, send) {
      for (const piece of output.pieces) figures.wireBytes += piece.length;
      send(output.pieces);
    },
    onError: (error) => {
      throw error;
    },
  });
  const { port } = await host.listen(ADDRESS, 0);
  flow = await startFlow(port);
  const peer = isSender ? RECEIVER : SENDER;
  host.addPeer(peer, { address: ADDRESS, port: flow.peer.port });
  host.input({ kind: 'started' });
  const contact = { contact: isSender ? 0 : 1, to: peer, endUs: CONTACT_END_US, owltUs: 0 };
  host.input({ kind: 'contact-started', contact: { ...contact, rateBytesPerSecond: RATE_BYTES_PER_SECOND } });
  const request = {
    destinationNode: RECEIVER,
    destinationService: TRAFFIC_SERVICE,
    sourceService: TRAFFIC_SERVICE,
    payload: Buffer.alloc(options.sizeBytes, 7),
    lifetimeMs: 60_000,
    custody: options.custody,
  };
  flow.send((count) => {
    for (let i = 0; i < count; i++) host.input({ kind: 'bundle-submitted', request });
  });
}

async function openStore() {
  if (options.store !== 'lmdb') return new MemoryBundleStore();
  const { openLmdbStore } = await import('../dist/runtime/lmdb-store.node.js');
  const { store } = await openLmdbStore({ folder: join(options.folder, `node-${process.pid}`) });
  return store;
}

function newNode(node, store) {
  const contact = { startUs: 0, endUs: CONTACT_END_US, rateBytesPerSecond: RATE_BYTES_PER_SECOND, owltUs: 0 };
  const plan = new ContactPlan([
    { ...contact, from: SENDER, to: RECEIVER },
    { ...contact, from: RECEIVER, to: SENDER },
  ]);
  const graph = new ContactGraph(plan);
  const base = defaultAgentConfig(node);
  const { signalLimit = base.custody.signalLimit } = options;
  return new SatelliteNode({
    config: {
      ...base,
      // Timers come to the millisecond.
      pacingBurstUs: 4_000,
      custody: { ...base.custody, acceptsCustody: true, signalLimit, retransmitMarginUs: 2_000_000 },
    },
    jobCustody: false,
    graph,
    routes: new RouteTable(graph),
    store,
    random: new Random(node),
    platform: nodePlatform,
    trace: SILENT_TRACE,
    nameOf: (each) => each,
    skipsMap: () => false,
    localData: (data) => data,
    plan: () => {
      throw new Error('there are no jobs here');
    },
  });
}

/** Flow control: the receiver's counts go back over a socket of their own. */
async function startFlow(port) {
  const credits = createSocket('udp4');
  credits.bind(0, ADDRESS);
  await once(credits, 'listening');
  process.send({ port, creditPort: credits.address().port });
  const [peer] = await once(process, 'message');
  credits.connect(peer.creditPort, ADDRESS);
  await once(credits, 'connect');
  return new Flow(credits, peer);
}

class Flow {
  #credits;
  #told = 0;
  #sent = 0;
  #acknowledged = 0;
  #lost = 0;
  #submit;
  #heardMs = performance.now();
  #word = Buffer.alloc(8);
  #grain = Math.max(1, Math.floor((options.window ?? 1024) / CREDITS_PER_WINDOW));

  constructor(credits, peer) {
    this.#credits = credits;
    this.peer = peer;
    if (options.role === 'receive') {
      setInterval(() => this.#tell(), CREDIT_INTERVAL_MS);
      return;
    }
    credits.on('message', (word) => {
      const count = word.readDoubleLE(0);
      if (count <= this.#acknowledged) return;
      this.#acknowledged = count;
      figures.bundles = count;
      this.#heardMs = performance.now();
      this.#fill();
    });
  }

  /** The receiver has one more. */
  received() {
    figures.bundles++;
    if (figures.bundles - this.#told >= this.#grain) this.#tell();
  }

  /** The sender's node had no room for one. */
  refused() {
    this.#sent--;
  }

  /** Sends as fast as the receiver lets it, or at the rate of the options; `submit` sends that many at once. */
  send(submit) {
    if (options.role !== 'send') return;
    this.#submit = submit;
    if (options.rate !== undefined) {
      this.#pace();
      return;
    }
    this.#fill();
    setInterval(() => this.#lookForStall(), STALL_MS / 4);
  }

  #pace() {
    const startMs = performance.now();
    setInterval(() => {
      const due = Math.floor(((performance.now() - startMs) / 1000) * options.rate);
      if (due > this.#sent) this.#submit(due - this.#sent);
      this.#sent = Math.max(this.#sent, due);
      figures.sent = this.#sent;
    }, 1);
  }

  #fill() {
    if (options.rate !== undefined) return;
    const free = options.window - (this.#sent - this.#acknowledged - this.#lost);
    if (free <= 0) return;
    this.#sent += free;
    figures.sent = this.#sent;
    this.#submit(free);
  }

  #lookForStall() {
    if (performance.now() - this.#heardMs < STALL_MS) return;
    // In custody a bundle comes again: it is late and not lost.
    if (!options.custody) this.#lost = this.#sent - this.#acknowledged;
    this.#fill();
  }

  #tell() {
    if (figures.bundles === this.#told) return;
    this.#told = figures.bundles;
    this.#word.writeDoubleLE(this.#told, 0);
    this.#credits.send(this.#word);
  }
}

// Behind the class, which exists from here on.
if (options.kind === 'disk') writeToDisk();
else if (options.kind === 'bare') await bareEnd();
else await nodeEnd();
