/**
 * What a node says about itself while it works. Checkers, counters, the trace hash, the event log and the report all read the
 * same stream of events, and nothing in a node depends on whether anybody listens.
 *
 * The sink is called with plain arguments instead of an event object: a run has millions of events and most sinks only fold
 * them into a hash.
 */

/** What can happen to a bundle at a node. */
export type BundleEvent =
  | 'sourced' // created by an application of this node
  | 'received' // decoded from a datagram and accepted
  | 'duplicate' // received, but already known here
  | 'queued' // put on the queue towards `peer`
  | 'waiting' // no contact is open yet for its route; `peer` is the next hop it waits for, 0 in limbo, where a new `detail` is why
  | 'transmitted' // handed to the convergence layer towards `peer`
  | 'retransmitted' // the same, once more after no custody signal came in time
  | 'delivered' // handed to the application of this node
  | 'released' // nothing holds it here any longer, since it was sent on
  | 'expired' // deleted at the end of its lifetime
  | 'deleted'; // deleted for the reason in `detail`

/** What can happen to custody at a node. */
export type CustodyEvent =
  | 'accepted' // this node became custodian
  | 'refused' // this node refused custody; `detail` is why
  | 'released' // `peer` accepted custody and this node gave it up
  | 'declined' // `peer` refused custody that this node offered
  | 'signal-sent' // a custody signal left for `peer`
  | 'signal-unknown'; // a custody signal named a number that is not outstanding, or came from a stranger

/** What can happen to a contact, seen from its sending node. */
export type ContactEvent = 'started' | 'ended' | 'failed';

/** What can happen to a job, seen from the node that says it. */
export type JobEvent =
  | 'submitted'
  | 'planned'
  | 'role-started'
  | 'role-input' // a role took one keyed input; `detail` is the key and never comes twice
  | 'role-done'
  | 'role-failed'
  | 'done'
  | 'failed';

/** What else the procedures of RFC 9171 section 5 come to at a node; `detail` in the event says more where stated. */
export type ProcessingEvent =
  | 'report-sent' // a status report left for node `peer`; `detail` is what it says
  | 'report-received' // a status report of node `peer` arrived; `detail` is what it says
  | 'report-withheld' // a status report was asked for and not sent; `detail` is why; with `count` things in a compressed one
  | 'compressed-report-sent' // a signal that says `count` things of bundles left for node `peer`; `detail` is which
  | 'compressed-report-received' // a signal of node `peer` said `count` things of bundles of this node; `detail` is which
  | 'report-unknown' // a signal of node `peer` named `count` numbers that it cannot know of, or that nothing here has
  | 'state-damaged' // something kept through a restart cannot be read and was set aside; `detail` is what
  | 'admin-ignored' // an administrative record was ignored; `detail` is its kind
  | 'fragmented' // a bundle was cut into `count` fragments
  | 'reassembled' // a bundle is whole again, of `count` bytes
  | 'fragment-conflict' // a fragment disagreed with another one where they overlap
  | 'fragments-dropped' // `count` fragments of a bundle that did not become whole in time, or found no room, were dropped
  | 'copied' // `count` copies of a critical bundle were made for further neighbours
  | 'pushed-out' // a more urgent bundle took the place of a bundle on its way, which needs another one
  | 'allowance' // the lenient profile let a broken rule pass; `detail` is its name
  | 'security-applied' // a security operation was added; `detail` says which
  | 'security-verified' // a security operation was verified; `detail` says which
  | 'security-failed'; // a security operation is missing, is not to be there, or does not hold; `detail` says which

/** Which bundle an event is about: source node and service number with creation timestamp name a bundle (RFC 9171 section 4.1). */
export interface BundleIdentity {
  readonly sourceNode: number;
  readonly sourceService: number;
  readonly creationTimeMs: number;
  readonly sequence: number;
  readonly destinationNode: number;
  readonly destinationService: number;
}

/** Listens to a node. Implementations must not call back into it. */
export interface TraceSink {
  bundle(
    event: BundleEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity,
    peer: number,
    bytes: number,
    detail?: string,
  ): void;
  custody(
    event: CustodyEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void;
  contact(event: ContactEvent, atUs: number, from: number, to: number, detail?: string): void;
  job(event: JobEvent, atUs: number, node: number, job: string, role: string, index: number, detail?: string): void;
  processing(
    event: ProcessingEvent,
    atUs: number,
    node: number,
    bundle: BundleIdentity | undefined,
    peer: number,
    count: number,
    detail?: string,
  ): void;
  /** A datagram or bundle from outside broke a rule and was dropped; `rule` is the decoder's code. */
  malformed(atUs: number, node: number, peer: number, rule: string): void;
}

/** Hears everything and does nothing. */
export const SILENT_TRACE: TraceSink = {
  bundle() {},
  custody() {},
  contact() {},
  job() {},
  processing() {},
  malformed() {},
};
