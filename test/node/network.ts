/** Nodes that run inside of the test's process, each with files of its own in one temporary folder. */
import { createSocket } from 'node:dgram';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadNodeConfig, readNodePlan } from '../../src/node/config-file.node.js';
import type { NodeEvent } from '../../src/node/node-trace.js';
import { RunningNode } from '../../src/node/running-node.node.js';

/** A network in one folder. */
export class TestNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'leodtn-node-'));
  readonly #running = new Map<number, RunningNode>();
  readonly failures: Error[] = [];
  readonly logged: string[] = [];
  readonly events: NodeEvent[] = [];

  private constructor(private readonly ports: readonly number[]) {}

  /** A line of `nodes` nodes, none of them started, with lines of YAML for the file of each. */
  static async line(nodes: number, settings: (node: number) => readonly string[] = () => []): Promise<TestNetwork> {
    const network = new TestNetwork(await freePorts(nodes));
    const contacts = Array.from({ length: nodes - 1 }, (_, at) => at + 1).flatMap((node) => [
      `a range +0 +900000000 ${node} ${node + 1} 0.001`,
      `a contact +0 +900000000 ${node} ${node + 1} 10000000`,
      `a contact +0 +900000000 ${node + 1} ${node} 10000000`,
    ]);
    writeFileSync(join(network.folder, 'plan.ionrc'), `${contacts.join('\n')}\n`);
    const epoch = new Date(Date.now() - 60_000).toISOString();
    for (let node = 1; node <= nodes; node++) network.#write(node, epoch, settings(node));
    return network;
  }

  /** The file of a node. */
  config(node: number): string {
    return join(this.folder, `n${node}`, 'node.yaml');
  }

  /** Where a node's files lie. */
  file(node: number, name: string): string {
    return join(this.folder, `n${node}`, name);
  }

  async start(...nodes: readonly number[]): Promise<void> {
    const say = (_: object, message: string) => void this.logged.push(message);
    for (const node of nodes) {
      const config = await loadNodeConfig(this.config(node));
      const running = await RunningNode.start({
        config,
        plan: await readNodePlan(config),
        log: { debug: say, info: say, warn: say, error: say },
        onEvents: (events) => void this.events.push(...events),
        onFailure: (error) => void this.failures.push(error),
      });
      this.#running.set(node, running);
    }
  }

  async stop(...nodes: readonly number[]): Promise<void> {
    for (const node of nodes) {
      await this.#running.get(node)?.close();
      this.#running.delete(node);
    }
  }

  /** Stops all nodes and removes their files. */
  async remove(): Promise<void> {
    await this.stop(...this.#running.keys());
    rmSync(this.folder, { recursive: true, force: true });
  }

  #write(node: number, epoch: string, settings: readonly string[]): void {
    const others = this.ports.map((port, at) => [at + 1, port]).filter(([each]) => each !== node);
    const peers = others.map(([each, port]) => `  ${each}: ${each === node + 1 ? 'localhost' : '127.0.0.1'}:${port}`);
    const lines = [
      `node: ${node}`,
      `listen: 127.0.0.1:${this.ports[node - 1]}`,
      'peers:',
      ...peers,
      `plan: { filename: ../plan.ionrc, epoch: ${epoch} }`,
      'control: c.sock',
      ...settings,
    ];
    mkdirSync(join(this.folder, `n${node}`), { recursive: true });
    writeFileSync(this.config(node), `${lines.join('\n')}\n`);
  }
}

/** Waits until `holds`, for a minute at most. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 3_000 && !(await holds()); tries++) await sleep(20);
}

async function freePorts(count: number): Promise<number[]> {
  const sockets = Array.from({ length: count }, () => createSocket('udp4'));
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.bind(0, '127.0.0.1', done))));
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  return ports;
}
