/** Faults put into the reliability code on purpose, one at a time, to see that the checkers find each. Product code knows none of them. */

import { ExpiryCalendar } from '../../src/agent/expiry.js';
import { Forwarder } from '../../src/agent/forwarder.js';
import { BundleAgent, type BundleRecord } from '../../src/agent/index.js';
import { KnownBundles } from '../../src/agent/known.js';
import { SatelliteNode } from '../../src/runtime/node.js';
import type { NodeInput } from '../../src/runtime/node-io.js';
import { CrashableStore } from '../../src/simulator/crashable-store.js';

/** A fault of the code. */
export interface Mutant {
  readonly name: string;
  /** Puts the fault in, and returns what takes it out again. */
  apply(): () => void;
}

/** All mutants. */
export const MUTANTS: readonly Mutant[] = [
  { name: 'drop the flush', apply: () => replaced(CrashableStore, 'commit', () => () => {}) },
  { name: 'take custody before storing: what comes out leaves a flush ahead', apply: lateFlush },
  { name: 'skip the duplicate check', apply: () => replaced(KnownBundles, 'isKnown', () => () => false) },
  { name: 'release on a forged signal', apply: () => replaced(Forwarder, 'isOnTheWay', () => () => true) },
  { name: 'forget a counter on restart', apply: () => forgetting('agent/') },
  { name: 'forget on restart what was seen and taken over', apply: () => forgetting('seen/') },
  { name: 'forget jobs on restart', apply: () => forgetting('job/') },
  { name: 'forget partial streams on restart', apply: () => forgetting('stream/') },
  { name: 'forget on restart what is in custody', apply: () => reopened(({ store }) => forEach(store, dropCustody)) },
  { name: 'leave bundles where they are after a restart', apply: () => replaced(BundleAgent, 'start', () => () => {}) },
  { name: 'ignore the end of lifetimes', apply: () => replaced(ExpiryCalendar, 'add', () => () => {}) },
  { name: 'overbook a contact', apply: overbook },
];

type Method = (this: unknown, ...given: never[]) => unknown;

/** Puts another method in the place of one of a class. */
function replaced<T extends { readonly prototype: object }>(
  from: T,
  name: keyof T['prototype'] & string,
  make: (before: Method) => Method,
): () => void {
  const prototype = from.prototype as { [method: string]: Method };
  const before = prototype[name] as Method;
  if (typeof before !== 'function') throw new Error(`there is no method ${name} to replace`);
  prototype[name] = make(before);
  return () => {
    prototype[name] = before;
  };
}

type Reopened = ReturnType<CrashableStore['crash']>;

/** Changes what a store gives back after a crash. */
function reopened(change: (reopened: Reopened) => void): () => void {
  return replaced(
    CrashableStore,
    'crash',
    (crash) =>
      function (this: unknown, ...given: never[]) {
        const found = crash.apply(this, given) as Reopened;
        change(found);
        return found;
      },
  );
}

function forgetting(prefix: string): () => void {
  return reopened(({ store }) => {
    for (const [key] of [...store.state.entries(prefix)]) store.state.delete(key);
  });
}

function forEach(store: CrashableStore, change: (record: BundleRecord) => void): void {
  for (const record of store.records()) change(record);
}

function dropCustody(record: BundleRecord): void {
  record.inCustody = false;
}

/** Of two flushes one comes only with the next. */
function lateFlush(): () => void {
  const owed = new WeakSet<object>();
  return replaced(
    CrashableStore,
    'commit',
    (commit) =>
      function (this: unknown, ...given: never[]) {
        const store = this as CrashableStore;
        if (owed.delete(store)) commit.apply(store, given);
        else owed.add(store);
      },
  );
}

/** A node takes its contacts for twice as fast as they are. */
function overbook(): () => void {
  return replaced(
    SatelliteNode,
    'handle',
    (handle) =>
      function (this: unknown, ...given: never[]) {
        const [input, ...rest] = given as unknown as [NodeInput, ...never[]];
        handle.apply(this, [twiceAsFast(input), ...rest] as never[]);
      },
  );
}

function twiceAsFast(input: NodeInput): NodeInput {
  if (input.kind !== 'contact-started') return input;
  const { contact } = input;
  return { ...input, contact: { ...contact, rateBytesPerSecond: 2 * contact.rateBytesPerSecond } };
}
