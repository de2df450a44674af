/**
 * One satellite that runs as a process: node, store, UDP socket, contact plan, mailbox and control socket joined. It owns the order in
 * which they come up and go down, and decides nothing that one of them could.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UsageError } from '../base/errors.js';
import { Random } from '../base/random.js';
import { US_PER_SECOND } from '../base/time.js';
import { ContactGraph, RouteTable } from '../routing/index.js';
import { type SocketAddress, UdpHost } from '../runtime/host.node.js';
import { SatelliteNode } from '../runtime/node.js';
import type { NodeInput, NodeOutput } from '../runtime/node-io.js';
import { nodePlatform } from '../runtime/platform.node.js';
import { loadProcessors } from '../runtime/processor-loader.node.js';
import { ProcessorRunner } from '../runtime/processor-runner.js';
import { agentConfigOf, processorNamesOf } from './agent-settings.js';
import { decodeKeptInteger, encodeKeptInteger, NodeClock } from './clock.node.js';
import type { NodeConfig, NodePlan } from './config-file.node.js';
import { ContactDriver } from './contact-driver.js';
import type { Caller, ControlHandlers, ControlParams } from './control-calls.js';
import { ControlServer } from './control-server.node.js';
import { IncomingStreams } from './incoming-streams.node.js';
import { Mailbox } from './mailbox.node.js';
import { MemoryWatch } from './memory-watch.node.js';
import type { NodeLog } from './node-log.js';
import { type NodeEvent, NodeTrace } from './node-trace.js';
import { claimStore, type OpenStore, openStore } from './open-store.node.js';
import { OutgoingStreams } from './outgoing-streams.js';
import { PeerBook } from './peers.node.js';
import type { NodeStatus } from './status.node.js';

/** State key of the present, so that time goes on from there after a restart. */
const CLOCK_KEY = 'host/clock';

/** Time between two instants that are kept, in microseconds: each makes a flush write something. */
const CLOCK_KEEP_US = US_PER_SECOND;

/** Longest time between two looks at the contacts, in milliseconds: setTimeout cannot wait for longer than 2^31 ms. */
const MAX_CONTACT_WAIT_MS = 60_000;

/** How long a bundle that found no room waits before it is offered again, in milliseconds: at first, and at most. */
const FIRST_OFFER_MS = 10;
const MAX_OFFER_MS = 500;

/** A wall clock that lies so far behind what the store knows is worth a warning, in microseconds. */
const CLOCK_WARNING_US = 60 * US_PER_SECOND;

/** What a node is started with. */
export interface RunningNodeParts {
  readonly config: NodeConfig;
  readonly plan: NodePlan;
  readonly log: NodeLog;
  /** Gets the node's events once what they tell of is durable, and before anything leaves that promises it. */
  onEvents?(events: readonly NodeEvent[]): void;
  /** Something failed that the node cannot live with. */
  onFailure(error: Error): void;
}

type AppOutput = Exclude<
  NodeOutput,
  { kind: 'transmit' | 'step-processor' | 'cancel-processor' | 'forget-processors' }
>;

/** A satellite that runs. */
export class RunningNode {
  readonly #parts: RunningNodeParts;
  readonly #startedUnixMs = Date.now();
  readonly #contacts: ContactDriver;
  readonly #trace: NodeTrace;
  readonly #memory: MemoryWatch;
  #open!: OpenStore;
  #clock!: NodeClock;
  #node!: SatelliteNode;
  #host!: UdpHost;
  #mailbox!: Mailbox;
  #incoming!: IncomingStreams;
  readonly #outgoing = new OutgoingStreams((input) => this.#host.submit(input));
  #peers!: PeerBook;
  #control: ControlServer | undefined;
  #address!: SocketAddress;
  #contactTimer: NodeJS.Timeout | undefined;
  #keptUs = 0;
  #storeTrouble: string | undefined;

  private constructor(parts: RunningNodeParts) {
    this.#parts = parts;
    this.#contacts = new ContactDriver(parts.plan.plan, parts.config.node);
    this.#trace = new NodeTrace(parts.onEvents !== undefined);
    this.#memory = new MemoryWatch();
  }

  /**
   * Starts a node: opens its store and takes up what is in there, its mailbox, its sockets, and its contacts. Rejects with a UsageError
   * where one of them cannot be had.
   */
  static async start(parts: RunningNodeParts): Promise<RunningNode> {
    const running = new RunningNode(parts);
    try {
      await running.#start();
    } catch (error) {
      await running.close();
      throw error;
    }
    return running;
  }

  /** Where it listens. */
  get address(): SocketAddress {
    return this.#address;
  }

  /** Goes down in good order: what was accepted is flushed, and nothing is deleted. */
  async close(): Promise<void> {
    clearTimeout(this.#contactTimer);
    this.#peers?.close();
    await this.#control?.close();
    await this.#incoming?.close();
    await this.#mailbox?.close();
    // A store that cannot be written would be waited for without end; what it has not got was not accepted.
    if (this.#open?.trouble() === undefined) await this.#host?.drain();
    else await this.#host?.close();
    try {
      await this.#open?.close();
    } catch (error) {
      this.#parts.log.error(
        {},
        `the last of it could not be written: ${messageOf(error)}; nothing of that was promised`,
      );
    }
    this.#memory.close();
  }

  async #start(): Promise<void> {
    const { config, plan, log } = this.#parts;
    this.#open = await openStore(config, log);
    claimStore(this.#open.store, config);
    this.#clock = this.#newClock(plan.epochUnixUs);
    this.#mailbox = await Mailbox.open({
      folder: config.mailbox.folder,
      services: config.mailbox.services,
      limits: config.mailbox,
      unreadable: (receipt) => this.#host.input({ kind: 'delivery-unreadable', receipt }),
      taken: (receipt) => this.#host.submit({ kind: 'delivery-taken', receipt }).then(() => undefined),
      tooLong: ({ payloadBytes, sourceNode, service }) =>
        log.warn(
          { from: sourceNode, service },
          `a data unit of ${payloadBytes} bytes is longer than mailbox.bytes: it waits until the mailbox is empty`,
        ),
      onTrouble: (error) => this.#mailboxTrouble(error),
    });
    this.#incoming = new IncomingStreams({
      folder: config.mailbox.folder,
      mailbox: this.#mailbox,
      taken: (source, number, index) =>
        this.#host.submit({ kind: 'stream-piece-taken', source, number, index }).then(() => undefined),
      onTrouble: (error) => this.#mailboxTrouble(error),
    });
    this.#node = this.#newNode(await loadProcessors(processorNamesOf(config), config.baseFolder));
    this.#address = await this.#host.listen(config.listen.host, config.listen.port);
    this.#peers = new PeerBook({
      peers: config.peers,
      ipVersion: config.ipVersion,
      found: (node, address) => this.#host.addPeer(node, address),
      missing: (node, host, error) => log.warn({ peer: node, host }, `cannot resolve ${host}: ${error.message}`),
    });
    await this.#peers.start();
    await this.#host.submit({ kind: 'started' });
    this.#advanceContacts();
    this.#control = await ControlServer.listen(config.control, this.#handlers());
    this.#memory.begin();
    log.info({ node: config.node, ...this.#address, control: config.control }, 'the node is up');
  }

  #newClock(epochUnixUs: number): NodeClock {
    const keptUs = decodeKeptInteger(this.#open.store.state.get(CLOCK_KEY)) ?? 0;
    const clock = new NodeClock(epochUnixUs, keptUs);
    const wallUs = Date.now() * 1_000 - epochUnixUs;
    if (wallUs < 0) {
      throw new UsageError(
        'epoch-ahead',
        `${this.#parts.config.planFile}: the plan begins in ${Math.ceil(-wallUs / US_PER_SECOND)} s; expected one whose epoch is not ahead of the wall clock`,
      );
    }
    if (keptUs - wallUs > CLOCK_WARNING_US) {
      const behindSeconds = Math.round((keptUs - wallUs) / US_PER_SECOND);
      this.#parts.log.warn({ behindSeconds }, 'the wall clock is behind what the store knows: time goes on from there');
    }
    return clock;
  }

  #newNode(catalogue: Awaited<ReturnType<typeof loadProcessors>>): SatelliteNode {
    const { config, plan, log, onFailure } = this.#parts;
    const graph = new ContactGraph(plan.plan);
    const node = new SatelliteNode({
      config: agentConfigOf(config),
      services: config.mailbox.services,
      jobCustody: true,
      graph,
      routes: new RouteTable(graph),
      store: this.#open.store,
      random: new Random(randomInt(2 ** 47)),
      platform: nodePlatform,
      trace: this.#trace,
      nameOf: (each) => each,
      skipsMap: (collector) => catalogue.skipsMap(collector),
      localData: (data) => data,
      plan: () => {
        throw new UsageError('no-jobs', 'this node takes part in jobs of others and plans none itself');
      },
    });
    this.#host = new UdpHost({
      node,
      runner: new ProcessorRunner(catalogue, nodePlatform),
      clock: this.#clock,
      ipVersion: config.ipVersion,
      onOutput: (output) => this.#output(output),
      onFlush: () => this.#flushBegins(),
      onStoreTrouble: (error) => {
        if (error !== undefined && this.#storeTrouble === undefined) {
          log.error({ folder: config.store.folder }, `the store cannot be written: ${error.message}; trying again`);
        } else if (error === undefined) log.info({}, 'the store can be written again');
        this.#storeTrouble = error?.message;
      },
      onError: onFailure,
    });
    return node;
  }

  /** Keeps the time with what is flushed, and gives the events out when that is done. */
  #flushBegins(): () => void {
    const { store } = this.#open;
    const nowUs = this.#clock.nowUs();
    if (store.isDurable && nowUs - this.#keptUs >= CLOCK_KEEP_US) {
      this.#keptUs = nowUs;
      store.state.set(CLOCK_KEY, () => encodeKeptInteger(nowUs));
    }
    const events = this.#trace.takeEvents();
    return () => {
      if (events.length > 0) this.#parts.onEvents?.(events);
    };
  }

  #output(output: AppOutput): void {
    const { log } = this.#parts;
    switch (output.kind) {
      case 'stream-writable':
      case 'stream-ended':
        this.#outgoing.told(output);
        break;
      case 'stream-piece':
        this.#incoming.add(output);
        break;
      case 'stream-broken':
        log.warn({ source: output.source, stream: output.name, offset: output.offset }, 'a stream has expired');
        void this.#incoming.broken(output).catch((error: Error) => this.#mailboxTrouble(error));
        break;
      case 'compressed-report':
        log.info({ from: output.received.fromNode }, 'a compressed report arrived');
        break;
      case 'deliver':
        this.#mailbox.add(output.delivery);
        break;
      case 'status-report':
        log.info({ from: output.received.fromNode, report: output.received.report }, 'a status report arrived');
        break;
      case 'job-changed':
        log.info({ status: output.status }, 'a job changed');
        break;
      case 'bundle-refused': // the host answers whoever submitted it
    }
  }

  #mailboxTrouble(error: Error): void {
    const { folder } = this.#parts.config.mailbox;
    this.#parts.log.error({ folder }, `cannot write to the mailbox: ${error.message}; trying again`);
  }

  #advanceContacts(): void {
    const told: NodeInput[] = this.#contacts.advance(this.#clock.nowUs());
    for (const input of told) this.#host.input(input);
    const waitMs = Math.min(this.#clock.wallMsUntil(this.#contacts.nextUs()), MAX_CONTACT_WAIT_MS);
    this.#contactTimer = setTimeout(() => this.#advanceContacts(), Math.ceil(waitMs));
  }

  #handlers(): ControlHandlers {
    return {
      status: () => this.#status(),
      ledger: (filter) => this.#node.ledger(filter),
      send: (params, payload, caller) => this.#send(params, payload, caller),
      'stream-open': ({ to, ...rest }) => this.#outgoing.open({ kind: 'stream-open', destination: to, ...rest }),
      'stream-write': (params, bytes) => this.#outgoing.write({ kind: 'stream-write', bytes, ...params }),
      'stream-room': ({ stream }, _, caller) => this.#outgoing.waitForRoom(stream, caller),
      'stream-end': ({ stream }, _, caller) => this.#outgoing.waitForEnd(stream, caller),
      mailbox: () => this.#mailbox.list(),
      'mailbox-take': ({ name }) => this.#mailbox.take(name),
      'mailbox-wait': (_params, _payload, caller) =>
        new Promise<null>((resolve) => {
          const settle = () => {
            forgetMail();
            forgetCaller();
            resolve(null);
          };
          const forgetMail = this.#mailbox.onArrival(settle);
          const forgetCaller = caller.onGone(settle);
        }),
    };
  }

  /** Sends an application's data unit; answered when the bundle is durable. */
  async #send(params: ControlParams<'send'>, payload: Uint8Array, caller: Caller): Promise<{ bundle: string } | null> {
    const { to, service, sourceService, custody, lifetimeMs, wait } = params;
    const request = { destinationNode: to, destinationService: service, sourceService, payload, lifetimeMs, custody };
    for (let waitMs = FIRST_OFFER_MS; ; waitMs = Math.min(waitMs * 2, MAX_OFFER_MS)) {
      let bundle = '';
      const result = await this.#host.submit({ kind: 'bundle-submitted', request }, () => {
        bundle = this.#trace.lastSent;
      });
      if (result === 'accepted') return { bundle };
      if (!wait) throw new UsageError('refused', 'the store of the node has no room; try again later');
      if (caller.isGone) return null;
      await sleep(waitMs);
    }
  }

  #status(): NodeStatus {
    const { config, plan } = this.#parts;
    const { store } = this.#open;
    return {
      node: config.node,
      pid: process.pid,
      startedUnixMs: this.#startedUnixMs,
      nowUs: this.#clock.nowUs(),
      address: this.#address,
      plan: { file: config.planFile, epochUnixUs: plan.epochUnixUs, contacts: plan.plan.contacts.length },
      openContacts: this.#contacts.openContacts,
      store: {
        kind: config.store.kind,
        folder: config.store.folder,
        bundles: store.bundles,
        bytes: store.bytes,
        setAside: this.#open.setAside,
        trouble: this.#storeTrouble ?? this.#open.trouble(),
      },
      mailbox: { folder: config.mailbox.folder, ...this.#mailbox.state },
      memory: this.#memory.state,
      datagrams: { ...this.#host.counters },
      counters: this.#trace.counters,
    };
  }
}
