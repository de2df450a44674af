/** The store of a node that runs: opened as its file says, made its own, and what the operator is told of it. */
import { type BundleStore, MemoryBundleStore } from '../agent/index.js';
import { UsageError } from '../base/errors.js';
import { MAX_WORDS, openLmdbStore, type StoreFindings } from '../runtime/lmdb-store.node.js';
import { decodeKeptInteger, encodeKeptInteger } from './clock.node.js';
import type { NodeConfig } from './config-file.node.js';
import type { NodeLog } from './node-log.js';

/** State key of the node's number: a store is of no use to another node, whose custody it would mix up. */
const NODE_KEY = 'host/node';

/** Damaged or missing things of a store, which nobody holds here any more. */
export interface SetAside {
  readonly count: number;
  /** Which and why, the first of them. */
  readonly words: readonly string[];
}

/** A store that is open. */
export interface OpenStore {
  readonly store: BundleStore;
  /** What it lost of what it kept, as far as that was found since this node started. */
  readonly setAside: SetAside;
  /** Why it cannot be written at present. */
  trouble(): string | undefined;
  close(): Promise<void>;
}

/** Opens the store that a node file asks for. Rejects with a UsageError where that cannot be had. */
export async function openStore({ store }: NodeConfig, log: NodeLog): Promise<OpenStore> {
  if (store.kind === 'memory')
    return {
      store: new MemoryBundleStore(),
      setAside: { count: 0, words: [] },
      trouble: () => undefined,
      close: async () => {},
    };
  const setAside = { count: 0, words: [] as string[] };
  const opened = await openLmdbStore({
    folder: store.folder,
    memoryBytes: store.memoryBytes,
    reserveBytes: store.reserveBytes,
    onTrouble: (words) => {
      if (words === undefined) log.info({}, 'the store can be written again');
      else log.error({ folder: store.folder }, `the store cannot be written: ${words}; trying again`);
    },
    onDamage: (words) => {
      setAside.count++;
      if (setAside.words.length < MAX_WORDS) setAside.words.push(words);
      log.error({}, `${words}: it is set aside, and nobody holds it here any more`);
    },
  });
  setAside.count += opened.found.setAside;
  setAside.words.unshift(...opened.found.words);
  sayWhatWasFound(opened.found, log);
  if (opened.store.trouble === undefined && !opened.store.hasSpaceFor(1))
    log.warn({ folder: store.folder }, noSpaceWords(store));
  return { store: opened.store, setAside, trouble: () => opened.store.trouble, close: () => opened.store.close() };
}

/** Makes a store this node's own. Throws a UsageError `store-of-another` where it is another's. */
export function claimStore({ state, isDurable }: BundleStore, { node, store }: NodeConfig): void {
  if (!isDurable) return;
  const kept = state.get(NODE_KEY);
  const owner = kept && decodeKeptInteger(kept);
  if (owner !== undefined && owner !== node) {
    throw new UsageError(
      'store-of-another',
      `the store in ${store.folder} is that of node ${owner}, and this is node ${node}: give it a folder of its own`,
    );
  }
  if (owner === undefined) state.set(NODE_KEY, () => encodeKeptInteger(node));
}

function sayWhatWasFound(found: StoreFindings, log: NodeLog): void {
  if (found.setAside > 0) log.warn({ ...found }, 'some of what the store kept is damaged and was set aside');
  else log.info({ ...found }, 'the store is open');
}

function noSpaceWords({ folder, reserveBytes }: NodeConfig['store']): string {
  return `the store in ${folder} has no room on its disk beside the ${reserveBytes} bytes that store.reserveBytes keeps: every bundle that is not administrative is refused until there is more`;
}
