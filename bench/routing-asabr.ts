/**
 * A-SABR, the contact-plan router in Rust, as a peer: builds the program under bench/asabr where cargo is on the machine, gives it
 * our plans and queries as files, and lets it measure itself.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { usToSeconds } from '../src/base/time.js';
import type { ContactGraph, RouteQuery } from '../src/routing/index.js';
import { buildPeer, PeerProcess } from './peer-process.js';

const FOLDER = fileURLToPath(new URL('./asabr', import.meta.url));
const SOURCE = 'https://github.com/DTN-MTP/A-SABR';

/** The running program. */
export class Asabr {
  readonly #process: PeerProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), 'leodtn-asabr-'));
  #graph: ContactGraph | undefined;

  constructor(program: string) {
    this.#process = new PeerProcess('A-SABR', program);
  }

  /** Gives it a plan, and the queries in ascending order of time that {@link answers} and {@link nanoseconds} are about. */
  async load(graph: ContactGraph, queries: readonly RouteQuery[]): Promise<void> {
    this.#graph = graph;
    const contacts = graph.plan.contacts.map(({ from, to, startUs, endUs, rateBytesPerSecond, owltUs }) =>
      [
        this.#index(from),
        this.#index(to),
        usToSeconds(startUs),
        usToSeconds(endUs),
        rateBytesPerSecond,
        usToSeconds(owltUs),
      ].join(' '),
    );
    const asked = queries.map(({ from, to, atUs, sizeBytes }) =>
      [this.#index(from), this.#index(to), usToSeconds(atUs), sizeBytes].join(' '),
    );
    const loaded = (await this.#process.ask(`load ${this.#write('plan', contacts)}`)) as Record<string, number>;
    if (loaded['nodes'] !== graph.nodeCount || loaded['contacts'] !== graph.plan.contacts.length)
      throw new Error(`A-SABR: loaded ${JSON.stringify(loaded)}`);
    await this.#process.ask(`queries ${this.#write('queries', asked)}`);
  }

  /** Arrival in seconds and hops for each query; null where it finds no route. */
  async answers(): Promise<([number, number] | null)[]> {
    return (await this.#process.ask('answers')) as ([number, number] | null)[];
  }

  /** What every `step`th query takes, as a route or as a tree from its sender. */
  async nanoseconds(what: 'search' | 'tree', step = 1): Promise<number[]> {
    return (await this.#process.ask(`${what} ${step}`)) as number[];
  }

  /** Mean time of a route from one node to some others when the named router has them all in its memory. */
  async cachedNanoseconds(
    router: 'VolCgrHybridParenting' | 'SpsnHybridParenting',
    from: number,
    atUs: number,
    to: readonly number[],
    times: number,
  ): Promise<number> {
    const receivers = to.map((node) => this.#index(node)).join(' ');
    const command = `cached ${router} ${this.#index(from)} ${usToSeconds(atUs)} ${times} ${receivers}`;
    return (await this.#process.ask(command)) as number;
  }

  close(): void {
    this.#process.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** It numbers nodes without gaps, as our graph does inside. */
  #index(node: number): number {
    return this.#graph!.nodeIndex(node)!;
  }

  #write(name: string, lines: readonly string[]): string {
    const file = join(this.#folder, name);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }
}

/**
 * Builds and starts the program; a line that says why not where that cannot be. Its sources come from GitHub, or from the clone
 * that the environment variable LEODTN_ASABR names: git takes the one for the other, so the revision is the same.
 */
export function startAsabr(): Asabr | string {
  const clone = process.env['LEODTN_ASABR'];
  const env: NodeJS.ProcessEnv = { ...process.env };
  if (clone !== undefined) {
    env['CARGO_NET_GIT_FETCH_WITH_CLI'] = 'true';
    env['GIT_CONFIG_COUNT'] = '1';
    env['GIT_CONFIG_KEY_0'] = `url.${pathToFileURL(resolve(clone)).href}.insteadOf`;
    env['GIT_CONFIG_VALUE_0'] = SOURCE;
  }
  const problem = buildPeer('A-SABR', FOLDER, env);
  if (problem === undefined) return new Asabr(join(FOLDER, 'target/release/asabr-bench'));
  return clone === undefined ? `${problem}; where GitHub is out of reach, LEODTN_ASABR=DIR names a clone` : problem;
}
