/** What agents tell about themselves, written down. */
import type {
  BundleEvent,
  BundleIdentity,
  ContactEvent,
  CustodyEvent,
  ProcessingEvent,
  TraceSink,
} from '../../src/base/trace.js';

/** An event as an agent told it; those of custody and contacts have the word before their name. */
export interface Told {
  readonly event: BundleEvent | `custody-${CustodyEvent}` | `contact-${ContactEvent}` | ProcessingEvent | 'malformed';
  readonly node: number;
  readonly atUs: number;
  readonly peer: number;
  readonly bundle: BundleIdentity | undefined;
  readonly count: number;
  readonly detail: string | undefined;
}

/** A sink that writes down what it hears. */
export function noting(told: Told[]): TraceSink {
  return {
    bundle: (event, atUs, node, bundle, peer, count, detail) =>
      told.push({ event, node, atUs, peer, bundle, count, detail }),
    custody: (event, atUs, node, bundle, peer, count, detail) =>
      told.push({ event: `custody-${event}`, node, atUs, peer, bundle, count, detail }),
    contact: (event, atUs, node, peer, detail) =>
      told.push({ event: `contact-${event}`, node, atUs, peer, bundle: undefined, count: 1, detail }),
    job() {},
    processing: (event, atUs, node, bundle, peer, count, detail) =>
      told.push({ event, node, atUs, peer, bundle, count, detail }),
    malformed: (atUs, node, peer, detail) =>
      told.push({ event: 'malformed', node, atUs, peer, bundle: undefined, count: 1, detail }),
  };
}
