/** A node as a process of its own: started until it answers, killed, asked over its control socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import { ControlClient } from '../../src/node/control-client.node.js';
import type { NodeStatus } from '../../src/node/status.node.js';

/** How long a node may take until it answers on a busy machine, in milliseconds. */
const START_MS = 60_000;

/** What a network of node processes is made of. */
export interface NetworkOptions {
  /** Where each node gets a folder. */
  readonly folder: string;
  /** The compiled command. */
  readonly command: string;
  readonly nodes: number;
  /** Pairs of nodes that are linked, in both directions, for as long as anybody looks. */
  readonly links: readonly (readonly [number, number])[];
  readonly rateBytesPerSecond: number;
  /** Lines of YAML for the file of a node. */
  settings?(node: number): readonly string[];
  /** Flags of Node for each process. */
  readonly nodeFlags?: readonly string[];
}

/** One node. */
export class NodeProcess {
  readonly folder: string;
  readonly config: string;
  readonly events: string;
  readonly #options: NetworkOptions;
  #child: ChildProcess | undefined;
  #client: ControlClient | undefined;
  #exit: Promise<{ code: number | null; signal: string | null }> | undefined;

  constructor(
    readonly node: number,
    options: NetworkOptions,
  ) {
    this.#options = options;
    this.folder = join(options.folder, `n${node}`);
    this.config = join(this.folder, 'node.yaml');
    this.events = join(this.folder, 'events.jsonl');
  }

  get storeFolder(): string {
    return join(this.folder, 'store');
  }

  /** Whether it answered since its last start and was not told to end. */
  get isUp(): boolean {
    return this.#client !== undefined;
  }

  /** The connection to the node; only while {@link isUp}. */
  get client(): ControlClient {
    if (this.#client === undefined) throw new Error(`node ${this.node} is not up`);
    return this.#client;
  }

  /** Starts the process, again and again where something stands in its way, until it answers. */
  async start(): Promise<void> {
    await pRetry(
      async () => {
        this.#spawn();
        this.#client = await this.#answer();
      },
      { retries: 5, minTimeout: 100 },
    );
  }

  /** Starts the process and kills it `afterMs` later, whatever it has come to. */
  async startAndKill(afterMs: number): Promise<void> {
    this.#spawn();
    await sleep(afterMs);
    await this.kill();
  }

  /** `kill -9`, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#client?.close();
    this.#client = undefined;
    this.#child?.kill('SIGKILL');
    await this.#exit;
  }

  /** Asks it to end in good order; its exit status. */
  async stop(): Promise<number | null> {
    this.#client?.close();
    this.#client = undefined;
    this.#child?.kill('SIGTERM');
    return (await this.#exit)?.code ?? null;
  }

  /** Whether a file lies in its mailbox. */
  hasInMailbox(name: string): boolean {
    return existsSync(join(this.folder, 'mailbox', name));
  }

  status(): Promise<NodeStatus> {
    return this.client.call('status', {});
  }

  #spawn(): void {
    const { command, nodeFlags = [] } = this.#options;
    const child = spawn(
      process.execPath,
      [...nodeFlags, command, 'node', '--config', this.config, '--events', this.events],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let words = '';
    child.stderr?.on('data', (piece) => {
      words = `${words}${piece}`.slice(-10_000);
    });
    this.#child = child;
    this.#exit = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        if (this.#child === child) this.#client = undefined;
        if (signal !== 'SIGKILL' && code !== 0) writeFileSync(join(this.folder, 'failure.txt'), words);
        resolve({ code, signal });
      });
    });
  }

  /** A connection once the process answers. Rejects where it ends first. */
  async #answer(): Promise<ControlClient> {
    const child = this.#child as ChildProcess;
    for (const untilMs = Date.now() + START_MS; Date.now() < untilMs; ) {
      if (child.exitCode !== null || child.signalCode !== null) break;
      try {
        return await ControlClient.connect(join(this.folder, 'c.sock'));
      } catch {
        await sleep(20);
      }
    }
    child.kill('SIGKILL');
    await this.#exit;
    throw new Error(`node ${this.node} does not start: see ${this.folder}`);
  }
}

/** Writes the files of a network and gives its nodes, none of them started. */
export async function newNetwork(options: NetworkOptions): Promise<NodeProcess[]> {
  const ports = await freePorts(options.nodes);
  const numbers = ports.map((_, at) => at + 1);
  mkdirSync(options.folder, { recursive: true });
  const ways = options.links.flatMap(([a, b]) => [
    `a range +0 +900000000 ${a} ${b} 0.001`,
    `a contact +0 +900000000 ${a} ${b} ${options.rateBytesPerSecond}`,
    `a contact +0 +900000000 ${b} ${a} ${options.rateBytesPerSecond}`,
  ]);
  writeFileSync(join(options.folder, 'plan.ionrc'), `${ways.join('\n')}\n`);
  const epoch = new Date(Date.now() - 60_000).toISOString();
  return numbers.map((number) => {
    const node = new NodeProcess(number, options);
    const peers = numbers.filter((each) => each !== number).map((each) => `  ${each}: 127.0.0.1:${ports[each - 1]}`);
    const lines = [
      `node: ${number}`,
      `listen: 127.0.0.1:${ports[number - 1]}`,
      `peers:`,
      ...peers,
      `plan: { filename: ../plan.ionrc, epoch: ${epoch} }`,
      `control: c.sock`,
      `log: warn`,
      ...(options.settings?.(number) ?? []),
    ];
    mkdirSync(node.folder, { recursive: true });
    writeFileSync(node.config, `${lines.join('\n')}\n`);
    return node;
  });
}

/** UDP ports of 127.0.0.1 that nobody uses at present. */
async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))));
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  return ports;
}
