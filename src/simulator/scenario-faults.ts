/** What can go wrong in a scenario, or is right again, at `at` seconds of virtual time. The file form is in scenario-fault-forms.ts. */

/** One thing that happens to nodes, links, contacts, clocks, stores, or the plan. */
export type ScenarioFault =
  | { readonly at: number; readonly kind: 'node-down' | 'node-up'; readonly node: number }
  /** Both directions of a link. */
  | { readonly at: number; readonly kind: 'link-down' | 'link-up'; readonly from: number; readonly to: number }
  | ScenarioContactFault
  /** All nodes get another contact plan, and the sky follows it from then on. */
  | {
      readonly at: number;
      readonly kind: 'plan-update';
      /** Absolute path. */
      readonly plan: string;
    }
  | ScenarioCrash
  /** The store of a node has no space for a while, administrative traffic apart. */
  | { readonly at: number; readonly kind: 'store-full'; readonly node: number; readonly seconds: number }
  | ScenarioClockFault
  | ScenarioForgery
  /**
   * From now on links carry all that they are given, none is cut, all nodes are up or come up as soon as they have started, contacts
   * come as planned and stores have space. Clocks stay as wrong as they are by then, and drift no further.
   */
  | { readonly at: number; readonly kind: 'heal' };

/** One contact of the plan does not come, ends early, begins late, or carries less than the plan says. */
export type ScenarioContactFault = {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  /** Its planned start, in seconds. */
  readonly start: number;
  /** All nodes get a plan that says so; otherwise nobody is told. */
  readonly announced: boolean;
} & (
  | { readonly kind: 'contact-cancelled' }
  | { readonly kind: 'contact-late'; readonly bySeconds: number }
  /** Its rate is `factor` times the planned one; the sender learns it when the contact begins. */
  | { readonly kind: 'contact-slower'; readonly factor: number }
);

/** Points between handling inputs and having performed the outputs at which a node can crash. */
export const CRASH_POINTS = ['before-flush', 'after-flush', 'between-outputs'] as const;

/**
 * A node crashes with the first batch of inputs from `at` on: before its flush, so that all since the flush before is lost; behind
 * it, so that none of its outputs is performed; or when some of them are. Where nothing happens at the node for a second, it crashes
 * then. It is dark for `downSeconds`, then starts anew from what its store kept.
 */
export interface ScenarioCrash {
  readonly at: number;
  readonly kind: 'node-crash';
  readonly node: number;
  readonly downSeconds: number;
  readonly when: (typeof CRASH_POINTS)[number];
  /** Bundles in the store of which a byte is damaged when the node starts again. */
  readonly damaged: number;
}

/** The DTN clock of a node is put forward (or back, below 0), or begins to run faster (or slower) than time. */
export type ScenarioClockFault =
  | { readonly at: number; readonly kind: 'clock-step'; readonly node: number; readonly bySeconds: number }
  | { readonly at: number; readonly kind: 'clock-drift'; readonly node: number; readonly ppm: number };

/** What an attacker sends. */
export const FORGERIES = ['custody-signal', 'corrupt', 'replay', 'garbage'] as const;

/**
 * An attacker puts datagrams on the link from `from` to `to`, whether a contact is open or not: `count` signals that accept custody of what `to` holds,
 * in the name of a node that has no part in it, and of numbers that are not outstanding; datagrams seen on that link before, as they
 * were or with a byte changed; or random bytes.
 */
export interface ScenarioForgery {
  readonly at: number;
  readonly kind: 'forge';
  readonly what: (typeof FORGERIES)[number];
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** In whose name signals are forged; undefined for a node that nobody knows. */
  readonly as: number | undefined;
}
