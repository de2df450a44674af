/**
 * An attacker on the links: it has heard what went over them, knows what nodes hold, and sends what it likes in other names. It cannot
 * sign and cannot be on the way of what it forges signals for, since nobody could then tell it from a custodian.
 */
import { type BundleRecord, type BundleStore, defaultAgentConfig } from '../agent/index.js';
import { newLocalRecord } from '../agent/sourcing.js';
import type { Random } from '../base/random.js';
import type { Instant } from '../base/time.js';
import { encodeBundle, encodeCustodySignal, type SequenceRuns, type TypeProfile } from '../bpv7/index.js';
import type { ScenarioFault, ScenarioForgery } from './scenario-faults.js';

/** Datagrams of a link that it remembers, the last ones. */
const REMEMBERED = 64;

/** The longest noise that it sends, in bytes. */
const MAX_GARBAGE_BYTES = 1_500;

/** Numbers that a forged signal names beside the outstanding ones: of counters and places that mean nothing. */
const WRONG_RUNS: readonly SequenceRuns[] = [
  { sequenceId: 1, first: 1_000_000, runs: [1_000] },
  { sequenceId: 999_999, first: 0, runs: [2 ** 32] },
];

/** Outstanding numbers that one signal names. */
const MAX_FORGED_NUMBERS = 256;

/** A day: longer than any scenario's attack has to last. */
const SIGNAL_LIFETIME_MS = 86_400_000;

/** Makes the datagrams of the forgeries of a scenario. */
export class Forger {
  readonly #random: Random;
  readonly #types: TypeProfile;
  /** The node number of nobody. */
  readonly #stranger: number;
  /** What went over the links that it will attack. */
  readonly #heard = new Map<string, Uint8Array[]>();
  #sequence = 0;

  /** `stranger` is a node number that no satellite has. */
  constructor(faults: readonly ScenarioFault[], types: TypeProfile, stranger: number, random: Random) {
    this.#random = random;
    this.#types = types;
    this.#stranger = stranger;
    for (const fault of faults) {
      if (fault.kind === 'forge') this.#heard.set(linkName(fault.from, fault.to), []);
    }
  }

  /** A datagram went over a link. */
  hear(from: number, to: number, datagram: Uint8Array): void {
    if (this.#heard.size === 0) return;
    const heard = this.#heard.get(linkName(from, to));
    if (heard === undefined) return;
    heard.push(datagram);
    if (heard.length > REMEMBERED) heard.shift();
  }

  /** What a forgery puts on its link; `store` is that of the victim. There is nothing where there is nothing to forge. */
  datagrams(fault: ScenarioForgery, store: BundleStore, now: Instant): Uint8Array[] {
    return Array.from({ length: fault.count }, () => this.#datagram(fault, store, now)).filter(
      (datagram) => datagram !== undefined,
    );
  }

  #datagram(fault: ScenarioForgery, store: BundleStore, now: Instant): Uint8Array | undefined {
    switch (fault.what) {
      case 'custody-signal':
        return this.#signal(fault, store, now);
      case 'replay':
        return this.#anyHeard(fault);
      case 'corrupt': {
        const datagram = this.#anyHeard(fault)?.slice();
        if (datagram !== undefined) this.#spoil(datagram);
        return datagram;
      }
      case 'garbage':
        return Uint8Array.from({ length: 1 + this.#random.below(MAX_GARBAGE_BYTES) }, () => this.#random.below(256));
    }
  }

  #anyHeard({ from, to }: ScenarioForgery): Uint8Array | undefined {
    const heard = this.#heard.get(linkName(from, to)) ?? [];
    return heard.length === 0 ? undefined : heard[this.#random.below(heard.length)];
  }

  #spoil(datagram: Uint8Array): void {
    const at = this.#random.below(datagram.length);
    datagram[at] = (datagram[at] as number) ^ (1 + this.#random.below(255));
  }

  /** A signal that accepts custody of all that the victim waits for, as far as the forger's name has no part in it. */
  #signal({ to, as }: ScenarioForgery, store: BundleStore, now: Instant): Uint8Array {
    const name = as ?? this.#stranger;
    const waiting = [...store.records()].filter((record) => isOutsider(name, record));
    const sequences = waiting.slice(0, MAX_FORGED_NUMBERS).map(numberOf);
    const payload = encodeCustodySignal(
      [{ disposition: 'accepted', sequences: [...sequences, ...WRONG_RUNS] }],
      this.#types,
    );
    const request = {
      destinationNode: to,
      destinationService: 0,
      sourceService: 0,
      payload,
      lifetimeMs: SIGNAL_LIFETIME_MS,
      custody: false,
      administrative: true,
    };
    // Creation timestamps of its own, so that no signal is a duplicate of one of the node whose name it bears.
    const sequence = 0x4000_0000 + this.#sequence++;
    return encodeBundle(newLocalRecord(request, defaultAgentConfig(name), sequence, now).bundle);
  }
}

function linkName(from: number, to: number): string {
  return `${from}>${to}`;
}

/** Whether custody of a bundle waits for a signal, and one in that name must not count. */
function isOutsider(name: number, record: BundleRecord): boolean {
  const { inCustody, custodySequence, destinationNode, sentTo } = record;
  return inCustody && custodySequence >= 0 && destinationNode !== name && !sentTo.includes(name);
}

function numberOf({ custodySequenceId, custodySequence }: BundleRecord): SequenceRuns {
  return { sequenceId: custodySequenceId, first: custodySequence, runs: [1] };
}
