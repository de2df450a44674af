/**
 * A stream through a line of nodes, each of which is killed and started again once: what arrives is what was sent, and no node takes more
 * memory than it may.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/base/random.js';
import { type NodeProcess, newNetwork } from './node-process.js';

/** What a run is told. */
export interface StreamRunOptions {
  readonly folder: string;
  readonly command: string;
  readonly bytes: number;
  /** Nodes of the line; one more than the hops. */
  readonly nodes: number;
  /** Kill each node once. */
  readonly kills: boolean;
  readonly seed: number;
  readonly rateBytesPerSecond: number;
  say(line: string): void;
}

/** Memory of a node beyond its baseline, at most, over all its lives; in bytes of heapUsed, external and arrayBuffers together. */
export interface StreamRunResult {
  readonly bytes: number;
  readonly seconds: number;
  readonly kills: number;
  readonly isSame: boolean;
  readonly peakBytes: readonly number[];
  readonly sent: string;
}

/** Time between two looks at the memory of the nodes, in milliseconds. */
const LOOK_MS = 200;

/** Bytes of one piece of what is sent. */
const PIECE_BYTES = 1024 * 1024;

/** Sends a stream from the first node of a line to the last one. */
export async function runStream(options: StreamRunOptions): Promise<StreamRunResult> {
  const { nodes, say } = options;
  const links = Array.from({ length: nodes - 1 }, (_, at): [number, number] => [at + 1, at + 2]);
  const network = await newNetwork({
    ...options,
    links,
    settings: () => ['mailbox: { bytes: 8589934592 }'],
  });
  const run = new StreamRun(options, network);
  try {
    return await run.run();
  } finally {
    say('stopping');
    await Promise.all(network.map((node) => node.kill()));
  }
}

class StreamRun {
  readonly #options: StreamRunOptions;
  readonly #network: readonly NodeProcess[];
  readonly #peaks: number[];
  readonly #digest = createHash('sha256');
  #written = 0;
  #kills = 0;
  #isOver = false;

  constructor(options: StreamRunOptions, network: readonly NodeProcess[]) {
    this.#options = options;
    this.#network = network;
    this.#peaks = network.map(() => 0);
  }

  async run(): Promise<StreamRunResult> {
    const { nodes, bytes, kills, say } = this.#options;
    await Promise.all(this.#network.map((node) => node.start()));
    const startedMs = Date.now();
    const looking = this.#lookAtMemory();
    const killing = kills ? this.#killEachOnce() : Promise.resolve();
    const sent = await this.#send();
    const seconds = (Date.now() - startedMs) / 1_000;
    say(`sent in ${seconds} s: ${sent}`);
    this.#isOver = true;
    await Promise.all([looking, killing]);
    const folder = join((this.#network[nodes - 1] as NodeProcess).folder, 'mailbox', 'streams');
    const [name, ...more] = readdirSync(folder);
    const isSame =
      name !== undefined && more.length === 0 && (await digestOf(join(folder, name))) === this.#digest.digest('hex');
    return { bytes, seconds, kills: this.#kills, isSame, peakBytes: this.#peaks, sent };
  }

  /** `leodtn send` with a pipe that is filled as fast as it takes it; what it says. */
  async #send(): Promise<string> {
    const { command, nodes, bytes } = this.#options;
    const { config } = this.#network[0] as NodeProcess;
    const args = [
      'send',
      '--config',
      config,
      '--to',
      String(nodes),
      '--stream',
      'long',
      '--until-delivered',
      '--json',
      '-',
    ];
    const child = spawn(process.execPath, [command, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (piece) => {
      out += piece;
    });
    child.stderr.on('data', (piece) => {
      out += piece;
    });
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.on('error', () => {});
    const random = new Random(this.#options.seed, 'data');
    while (this.#written < bytes && child.exitCode === null) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, bytes - this.#written));
      new DataView(piece.buffer).setUint32(0, random.uint32());
      for (let at = 4; at < piece.length; at += 997) piece[at] = random.uint32();
      this.#digest.update(piece);
      this.#written += piece.length;
      if (!child.stdin.write(piece)) {
        await Promise.race([new Promise<void>((resolve) => child.stdin.once('drain', resolve)), exit]);
      }
    }
    child.stdin.end();
    const code = await exit;
    return code === 0 ? out.trim() : `exit status ${code}: ${out}`;
  }

  async #lookAtMemory(): Promise<void> {
    for (let said = 0; !this.#isOver; said++) {
      for (const [at, node] of this.#network.entries()) {
        if (!node.isUp) continue;
        try {
          const { memory } = await node.status();
          this.#peaks[at] = Math.max(this.#peaks[at] as number, memory.peakBytes - memory.baselineBytes);
        } catch {
          // It was killed.
        }
      }
      if (said % 50 === 0) {
        const mib = this.#peaks.map((peak) => (peak / 1_048_576).toFixed(1)).join(' ');
        this.#options.say(`${this.#written / PIECE_BYTES} MiB written, peaks in MiB: ${mib}`);
      }
      await sleep(LOOK_MS);
    }
  }

  /** Kills the nodes one after the other, in an order by lot, while the stream is under way. */
  async #killEachOnce(): Promise<void> {
    const random = new Random(this.#options.seed, 'kills');
    const left = [...this.#network];
    while (left.length > 0 && !this.#isOver) {
      const [victim] = left.splice(random.below(left.length), 1);
      // Spread over the stream, so that each kill meets one that is under way.
      const turn = this.#network.length - left.length;
      const fromBytes = (this.#options.bytes * (turn - 0.5)) / (this.#network.length + 1);
      while (this.#written < fromBytes && !this.#isOver) await sleep(20);
      if (this.#isOver) break;
      this.#options.say(`kill -9 of node ${victim?.node} with ${this.#written / PIECE_BYTES} MiB written`);
      await victim?.kill();
      this.#kills++;
      await sleep(random.below(500));
      await victim?.start();
    }
  }
}

async function digestOf(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) digest.update(piece as Uint8Array);
  return digest.digest('hex');
}
