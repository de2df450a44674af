/**
 * A campaign of kills against real nodes: processes in a ring over UDP with durable stores, applications that send numbered bundles in
 * custody, and `kill -9` at random moments. After each kill the store is compared with what the node had told, before it starts again;
 * in the end everything that was accepted has arrived, once.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LedgerEntry, ledgerOf } from '../../src/agent/index.js';
import { Random } from '../../src/base/random.js';
import type { MailboxEntry } from '../../src/node/mailbox.node.js';
import { bundleName } from '../../src/node/node-trace.js';
import { openLmdbStore } from '../../src/runtime/lmdb-store.node.js';
import { EventBook } from './event-book.js';
import { type NodeProcess, newNetwork } from './node-process.js';

/** What a campaign is told. */
export interface CampaignOptions {
  readonly folder: string;
  readonly command: string;
  readonly seed: number;
  readonly kills: number;
  readonly nodes: number;
  /** Nodes that may be away at a time. */
  readonly atOnce: number;
  /** Milliseconds between two kills, at most. */
  readonly pauseMs: number;
  say(line: string): void;
}

/** What a campaign came to. */
export interface CampaignResult {
  readonly kills: number;
  /** Of them, kills of a node that was still starting. */
  readonly earlyKills: number;
  readonly submitted: number;
  readonly accepted: number;
  /** Submissions of which nobody knows what became, since the node was killed before it answered. */
  readonly unanswered: number;
  readonly delivered: number;
  /** Bundles in stores that were looked into after kills. */
  readonly storedSeen: number;
  readonly ledgerEntriesCompared: number;
  readonly custodyNumbersSeen: number;
  readonly violations: readonly string[];
  readonly seconds: number;
}

const RATE_BYTES_PER_SECOND = 4_000_000;

/** Time for everything to arrive after the last kill, in milliseconds. */
const SETTLING_MS = 240_000;

/** Runs a campaign. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { nodes } = options;
  const links = Array.from({ length: nodes }, (_, at): [number, number] => [at + 1, ((at + 1) % nodes) + 1]);
  const network = await newNetwork({ ...options, links, rateBytesPerSecond: RATE_BYTES_PER_SECOND });
  const campaign = new Campaign(options, network);
  try {
    return await campaign.run();
  } finally {
    await Promise.all(network.map((node) => node.kill()));
  }
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #network: readonly NodeProcess[];
  readonly #books: readonly EventBook[];
  readonly #random: Random;
  readonly #violations: string[] = [];
  /** Nodes that this campaign has in hand: killed, looked into, started. */
  readonly #away = new Set<NodeProcess>();
  #isEnding = false;
  #kills = 0;
  #earlyKills = 0;
  #storedSeen = 0;
  #compared = 0;
  /** Which bundle had a custody number of a node. */
  readonly #numbers = new Map<string, string>();
  /** Payloads by what became of them. */
  readonly #accepted = new Map<string, string>();
  #submitted = 0;
  #unanswered = 0;
  /** Bundles by payload, of those that arrived. */
  readonly #delivered = new Map<string, string>();
  /** Files that were taken out of a mailbox, and those of which nobody knows. */
  readonly #taken = new Set<string>();

  constructor(options: CampaignOptions, network: readonly NodeProcess[]) {
    this.#options = options;
    this.#network = network;
    this.#books = network.map(({ events, node }) => new EventBook(events, node));
    this.#random = new Random(options.seed);
  }

  async run(): Promise<CampaignResult> {
    const startedMs = Date.now();
    await Promise.all(this.#network.map((node) => node.start()));
    const senders = this.#network.map((node) => this.#sendAll(node, this.#random.fork(`sender/${node.node}`)));
    const receivers = this.#network.map((node) => this.#receiveAll(node));
    await this.#killAll();
    this.#isEnding = true;
    await Promise.all(senders);
    this.#options.say(
      `${this.#kills} kills done; ${this.#accepted.size} bundles accepted; waiting for the rest to arrive`,
    );
    await this.#settle();
    this.#isSettled = true;
    await Promise.all(receivers);
    this.#checkEnd();
    const ends = await Promise.all(this.#network.map((node) => node.stop()));
    ends.forEach((code, at) => {
      if (code !== 0) this.#violate(`node ${at + 1} was asked to end and did so with status ${code}`);
    });
    return {
      kills: this.#kills,
      earlyKills: this.#earlyKills,
      submitted: this.#submitted,
      accepted: this.#accepted.size,
      unanswered: this.#unanswered,
      delivered: this.#delivered.size,
      storedSeen: this.#storedSeen,
      ledgerEntriesCompared: this.#compared,
      custodyNumbersSeen: this.#numbers.size,
      violations: this.#violations,
      seconds: Math.round((Date.now() - startedMs) / 1_000),
    };
  }

  #isSettled = false;

  #violate(words: string): void {
    this.#violations.push(words);
    this.#options.say(`VIOLATION: ${words}`);
  }

  // --- kills ----------------------------------------------------------------------------------------------------------

  async #killAll(): Promise<void> {
    const { kills, atOnce, pauseMs, say } = this.#options;
    const random = this.#random.fork('kills');
    const underWay = new Set<Promise<void>>();
    while (this.#kills < kills) {
      await sleep(random.below(pauseMs + 1));
      const up = this.#network.filter((node) => node.isUp && !this.#away.has(node));
      const victim = up[random.below(Math.max(1, up.length))];
      if (victim === undefined || this.#away.size >= atOnce) continue;
      this.#away.add(victim);
      this.#kills++;
      const work = this.#killOne(victim, random)
        .catch((error: unknown) => this.#violate(`node ${victim.node}: ${String(error)}`))
        .finally(() => {
          this.#away.delete(victim);
          underWay.delete(work);
        });
      underWay.add(work);
      if (this.#kills % 25 === 0)
        say(`${this.#kills} kills, ${this.#accepted.size} accepted, ${this.#delivered.size} arrived`);
    }
    await Promise.all(underWay);
  }

  /** Kills a node, looks at what it left, sometimes kills it again while it starts, and starts it. */
  async #killOne(victim: NodeProcess, random: Random): Promise<void> {
    await victim.kill();
    await this.#look(victim);
    while (this.#kills < this.#options.kills && random.chance(0.25)) {
      this.#kills++;
      this.#earlyKills++;
      await victim.startAndKill(random.below(1_500));
      await this.#look(victim);
    }
    const stored = await this.#storedLedger(victim);
    await victim.start();
    await this.#compareLedger(victim, stored);
  }

  /** What a killed node answers for by its own words is in its store, or in other hands. */
  async #look(victim: NodeProcess): Promise<void> {
    const stored = new Set((await this.#storedLedger(victim)).map(({ bundle }) => bundleName(bundle)));
    this.#storedSeen += stored.size;
    const missing = () => {
      for (const each of this.#books) each.read();
      const book = this.#books[victim.node - 1] as EventBook;
      return [...book.held].filter((bundle) => !stored.has(bundle) && !this.#isElsewhere(bundle, victim));
    };
    // What moves between two others while their logs are read may seem to be nowhere for a moment.
    for (let tries = 0; missing().length > 0 && tries < 5; tries++) await sleep(400);
    for (const bundle of missing()) {
      this.#violate(`node ${victim.node} had told that it has ${bundle}, and has it no more, nor does anybody else`);
    }
    // What the log says is held and is not: it has left, and the kill came before the line was written.
    const book = this.#books[victim.node - 1] as EventBook;
    for (const bundle of book.held) if (!stored.has(bundle)) book.held.delete(bundle);
    for (const bundle of stored) book.held.add(bundle);
  }

  #isElsewhere(bundle: string, victim: NodeProcess): boolean {
    if (this.#arrivedBundles.has(bundle)) return true;
    if (this.#network.some((node) => existsInMailbox(node, bundle))) return true;
    return this.#books.some((book, at) => at + 1 !== victim.node && book.held.has(bundle));
  }

  async #storedLedger(node: NodeProcess): Promise<LedgerEntry[]> {
    const { store, found } = await openLmdbStore({ folder: node.storeFolder });
    try {
      if (found.setAside > 0) this.#violate(`node ${node.node}: ${found.setAside} things in its store are damaged`);
      const entries = ledgerOf(store.records(), () => Number.POSITIVE_INFINITY);
      for (const { bundle, number } of entries) {
        if (number === undefined) continue;
        const key = `${node.node}: ${number.sequenceId}/${number.sequence}`;
        const name = bundleName(bundle);
        const before = this.#numbers.get(key);
        if (before !== undefined && before !== name)
          this.#violate(`custody number ${key} of ${before} was used again for ${name}`);
        this.#numbers.set(key, name);
      }
      return entries;
    } finally {
      await store.close();
    }
  }

  /** What its store had, a node that is up again has in its ledger, unless it has got rid of it meanwhile. */
  async #compareLedger(node: NodeProcess, stored: readonly LedgerEntry[]): Promise<void> {
    const running = (await node.client.call('ledger', { limit: 100_000 })) as LedgerEntry[];
    const names = new Set(running.map(({ bundle }) => bundleName(bundle)));
    const book = this.#books[node.node - 1] as EventBook;
    const missing = () => {
      for (const each of this.#books) each.read();
      return stored
        .map(({ bundle }) => bundleName(bundle))
        .filter((name) => !names.has(name) && book.held.has(name) && !this.#isElsewhere(name, node));
    };
    for (let tries = 0; missing().length > 0 && tries < 5; tries++) await sleep(400);
    this.#compared += stored.length;
    for (const name of missing())
      this.#violate(`node ${node.node} had ${name} in its store and has it not in its ledger after the start`);
  }

  // --- applications ---------------------------------------------------------------------------------------------------

  async #sendAll(node: NodeProcess, random: Random): Promise<void> {
    for (let number = 0; !this.#isEnding; number++) {
      await sleep(random.below(40));
      const others = this.#network.length - 1;
      const to = ((node.node + random.below(others)) % this.#network.length) + 1;
      const bytes = random.chance(0.1) ? random.below(40_000) : random.below(2_000);
      // Asked again under another number: what became of the one before nobody knows.
      for (let attempt = 0; !this.#isEnding; attempt++) {
        const payload = `${node.node}>${to}#${number}.${attempt} ${'x'.repeat(bytes)}`;
        const bundle = await this.#sendOne(node, to, payload);
        if (bundle === undefined) continue;
        this.#accepted.set(labelOf(payload), bundle);
        break;
      }
    }
  }

  /** The bundle's name when it was accepted. */
  async #sendOne(node: NodeProcess, to: number, payload: string): Promise<string | undefined> {
    if (!node.isUp) {
      await sleep(50);
      return undefined;
    }
    try {
      this.#submitted++;
      const { bundle } = (await node.client.call(
        'send',
        {
          to,
          service: 2,
          sourceService: 2,
          custody: true,
          lifetimeMs: 3_600_000,
        },
        Buffer.from(payload),
      )) as { bundle: string };
      return bundle;
    } catch {
      this.#unanswered++;
      return undefined;
    }
  }

  async #receiveAll(node: NodeProcess): Promise<void> {
    while (!this.#isSettled) {
      await sleep(100);
      if (!node.isUp) continue;
      try {
        for (const entry of (await node.client.call('mailbox', {})) as MailboxEntry[])
          await this.#receiveOne(node, entry);
      } catch {
        // It was killed; what is left in its mailbox is there when it is up again.
      }
    }
  }

  async #receiveOne(node: NodeProcess, { name, file }: MailboxEntry): Promise<void> {
    const key = `${node.node}/${name}`;
    if (this.#taken.has(key)) this.#violate(`node ${node.node} delivered ${name} again after it had been taken`);
    const label = labelOf(readFileSync(file, 'utf8'));
    const before = this.#delivered.get(label);
    if (before !== undefined && before !== key) this.#violate(`${label} arrived as ${before} and as ${key}`);
    this.#delivered.set(label, key);
    this.#arrivedBundles.add(`ipn:${name.slice(2)}`);
    await node.client.call('mailbox-take', { name });
    this.#taken.add(key);
  }

  readonly #arrivedBundles = new Set<string>();

  // --- the end --------------------------------------------------------------------------------------------------------

  async #settle(): Promise<void> {
    for (const untilMs = Date.now() + SETTLING_MS; Date.now() < untilMs; await sleep(250)) {
      const missing = [...this.#accepted.keys()].filter((label) => !this.#delivered.has(label));
      if (missing.length > 0) continue;
      const statuses = await Promise.all(this.#network.map((node) => node.status()));
      if (statuses.every(({ store, mailbox }) => store.bundles === 0 && mailbox.files === 0)) return;
    }
    const statuses = await Promise.all(this.#network.map((node) => node.status()));
    for (const { node, store } of statuses) {
      if (store.bundles > 0) this.#violate(`node ${node} still holds ${store.bundles} bundles in the end`);
    }
  }

  #checkEnd(): void {
    for (const [label, bundle] of this.#accepted) {
      if (!this.#delivered.has(label)) this.#violate(`${label} (${bundle}) was accepted and has not arrived`);
    }
    const names = [...this.#accepted.values()];
    if (new Set(names).size !== names.length) this.#violate('two accepted bundles have the same name');
    this.#books.forEach((book, at) => {
      book.read();
      for (const bundle of book.reused) this.#violate(`node ${at + 1} gave the name ${bundle} twice`);
      for (const bundle of book.expired) this.#violate(`${bundle} expired at node ${at + 1}, long before its time`);
    });
  }
}

/** What tells a payload from others. */
function labelOf(payload: string): string {
  return payload.slice(0, payload.indexOf(' '));
}

function existsInMailbox(node: NodeProcess, bundle: string): boolean {
  return node.hasInMailbox(`2/${bundle.slice('ipn:'.length)}`);
}
