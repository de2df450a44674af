/**
 * Hardy issue 684: a peer that was reached once, and then dropped, was never dialled again, so that traffic stood still until an operator
 * came. Here the peer's process is gone and comes back, over real UDP, again and again: what is in custody waits, and goes on by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type BundleStore, defaultAgentConfig, MemoryBundleStore } from '../../src/agent/index.js';
import { Random } from '../../src/base/random.js';
import { SILENT_TRACE } from '../../src/base/trace.js';
import { ContactGraph, ContactPlan, RouteTable } from '../../src/routing/index.js';
import { type SocketAddress, UdpHost } from '../../src/runtime/host.node.js';
import { type LmdbStore, openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { SatelliteNode, TRAFFIC_SERVICE } from '../../src/runtime/node.js';
import { nodePlatform } from '../../src/runtime/platform.node.js';
import type { ProcessorRunner } from '../../src/runtime/processor-runner.js';
import { WallClock } from '../../src/runtime/wall-clock.node.js';
import { line } from '../helpers/contacts.js';

const LOCALHOST = '127.0.0.1';
const graph = new ContactGraph(new ContactPlan(line(1, 2, 3)));
const routes = new RouteTable(graph);
/** One for all: the nodes' time goes on while one of them is away. */
const clock = new WallClock(1);

const open = new Set<UdpHost>();
const folders: string[] = [];
afterEach(async () => {
  await Promise.all([...open].map((host) => host.close()));
  open.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** How often each payload came out at node 3, by its number. */
type Arrivals = Map<number, number>;

/** What one run of a node is: a new node and a new socket on what its store kept, as after a crash of its process. */
interface Run {
  readonly host: UdpHost;
  readonly address: SocketAddress;
}

async function start(number: number, store: BundleStore, port: number, arrived: Arrivals): Promise<Run> {
  const base = defaultAgentConfig(number);
  const node = new SatelliteNode({
    // A relay without a durable store takes no custody.
    config: { ...base, pacingBurstUs: 4_000, custody: { ...base.custody, acceptsCustody: store.isDurable } },
    jobCustody: false,
    graph,
    routes,
    store,
    random: new Random(number),
    platform: nodePlatform,
    trace: SILENT_TRACE,
    nameOf: (each) => each,
    skipsMap: () => false,
    localData: (data) => data,
    plan: () => {
      throw new Error('no job is asked for');
    },
  });
  const host: UdpHost = new UdpHost({
    node,
    runner: { forgetJob: () => {} } as Partial<ProcessorRunner> as ProcessorRunner,
    clock,
    onOutput: (output) => {
      if (output.kind !== 'deliver') return;
      const { payload, receipt, isRepeated } = output.delivery;
      const id = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
      // An application that has a bundle says so again, and does no more.
      if (!isRepeated || !arrived.has(id)) arrived.set(id, (arrived.get(id) ?? 0) + 1);
      if (receipt > 0) host.input({ kind: 'delivery-taken', receipt });
    },
    onError: (error) => {
      throw error;
    },
  });
  open.add(host);
  const address = await host.listen(LOCALHOST, port);
  host.input({ kind: 'started' });
  return { host, address };
}

/** Three nodes in a line; one of them can be killed and started again on the same port. */
class Trio {
  readonly arrived: Arrivals = new Map();
  readonly #stores = new Map<number, BundleStore>();
  readonly #openStore: (number: number) => Promise<BundleStore & Partial<LmdbStore>>;
  readonly #runs = new Map<number, Run>();
  readonly #addresses = new Map<number, SocketAddress>();
  #sent = 0;

  /** `openStore` opens the store of a node, with what it kept. */
  constructor(openStore: (number: number) => Promise<BundleStore & Partial<LmdbStore>>) {
    this.#openStore = openStore;
  }

  async open(): Promise<void> {
    for (const number of [1, 2, 3]) await this.#start(number, 0);
    for (const number of [1, 2, 3]) this.#meet(number);
  }

  async kill(number: number): Promise<void> {
    const { host } = this.#runs.get(number) as Run;
    open.delete(host);
    await host.close();
    await this.#closeStore(number);
  }

  /** Ends all of it. */
  async end(): Promise<void> {
    for (const number of [1, 2, 3]) await this.kill(number);
  }

  async restart(number: number): Promise<void> {
    await this.#start(number, (this.#addresses.get(number) as SocketAddress).port);
    this.#meet(number);
  }

  /** Bundles in custody from node 1 to node 3. */
  async send(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const payload = new Uint8Array(100);
      new DataView(payload.buffer).setUint32(0, this.#sent++);
      const to = { destinationNode: 3, destinationService: TRAFFIC_SERVICE, sourceService: TRAFFIC_SERVICE };
      const request = { ...to, payload, lifetimeMs: 600_000, custody: true };
      await (this.#runs.get(1) as Run).host.submit({ kind: 'bundle-submitted', request });
    }
  }

  /** Waits until all that was sent has arrived, for a quarter of a minute at most. */
  async settled(): Promise<void> {
    const held = () => [...this.#stores.values()].reduce((sum, { bundles }) => sum + bundles, 0);
    for (let tries = 0; tries < 1_500 && (this.arrived.size < this.#sent || held() > 0); tries++) await sleep(10);
  }

  async #closeStore(number: number): Promise<void> {
    await (this.#stores.get(number) as Partial<LmdbStore>).close?.();
  }

  async #start(number: number, port: number): Promise<void> {
    const store = await this.#openStore(number);
    this.#stores.set(number, store);
    const run = await start(number, store, port, this.arrived);
    this.#runs.set(number, run);
    this.#addresses.set(number, run.address);
  }

  /** Tells a node where its neighbours listen, and that it can send to them. */
  #meet(number: number): void {
    const { host } = this.#runs.get(number) as Run;
    graph.plan.contacts.forEach(({ from, to, endUs, rateBytesPerSecond, owltUs }, contact) => {
      if (from !== number) return;
      host.addPeer(to, this.#addresses.get(to) as SocketAddress);
      host.input({ kind: 'contact-started', contact: { contact, to, endUs, rateBytesPerSecond, owltUs } });
    });
  }
}

const once = (count: number) => new Map(Array.from({ length: count }, (_, id) => [id, 1]));
const sorted = (arrived: Arrivals) => new Map([...arrived].sort(([a], [b]) => a - b));

describe('Hardy #684: a peer that drops and returns is sent to again', () => {
  it('however often its process is gone, over real UDP', async () => {
    const trio = new Trio(async () => new MemoryBundleStore());
    await trio.open();
    await trio.send(10);
    await trio.settled();
    for (let round = 0; round < 5; round++) {
      await trio.kill(2);
      await trio.send(10);
      await sleep(30 * round);
      await trio.restart(2);
      await trio.send(10);
      await trio.settled();
      expect(sorted(trio.arrived)).toEqual(once(10 + 20 * (round + 1)));
    }
  }, 60_000);

  it('also where it was never there before', async () => {
    const trio = new Trio(async () => new MemoryBundleStore());
    await trio.open();
    await trio.kill(2);
    await trio.send(10);
    await sleep(300);
    expect(trio.arrived.size).toBe(0);
    await trio.restart(2);
    await trio.settled();
    expect(sorted(trio.arrived)).toEqual(once(10));
  }, 60_000);

  it('and goes on with what it had itself, where its store is durable', async () => {
    const base = mkdtempSync(join(tmpdir(), 'leodtn-returns-'));
    folders.push(base);
    const trio = new Trio(async (number) => (await openLmdbStore({ folder: join(base, `${number}`) })).store);
    await trio.open();
    for (let round = 0; round < 5; round++) {
      await trio.send(10);
      await trio.kill(2 + (round % 2));
      await trio.send(10);
      await trio.restart(2 + (round % 2));
      await trio.settled();
      expect(sorted(trio.arrived)).toEqual(once(20 * (round + 1)));
    }
    await trio.end();
  }, 60_000);
});
