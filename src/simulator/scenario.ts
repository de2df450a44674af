/**
 * A scenario after parsing: every default filled in, satellites as node numbers, times in seconds as the file has them.
 * The file's own form, its checks and its JSON Schema are in scenario-schema.ts.
 */
import type { JsonValue } from '../base/json.js';
import type { SecurityPolicyForm } from '../bpsec/index.js';
import type { ProfileName, TYPE_PROFILES } from '../bpv7/index.js';
import type { WalkerShell } from '../orbit/index.js';
import type { Allocator, AreaOfInterest, ReducerChoice } from '../scheduler/job.js';
import type { ScenarioFault } from './scenario-faults.js';

/** A whole scenario. */
export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  /** The world: exactly one of the two. */
  readonly constellation: ScenarioConstellation | undefined;
  readonly plan: ScenarioPlan | undefined;
  readonly links: ScenarioLinks;
  readonly custody: ScenarioCustody;
  readonly store: ScenarioStore;
  readonly processing: ScenarioProcessing;
  readonly nodes: ScenarioNodes;
  readonly routing: ScenarioRouting;
  readonly security: ScenarioSecurity | undefined;
  readonly faults: readonly ScenarioFault[];
  readonly traffic: readonly ScenarioTraffic[];
  readonly jobs: readonly ScenarioJob[];
  /** Where the input files of the jobs lie on this machine: absolute path by the name that a job's data gives. */
  readonly files: { readonly [name: string]: string };
  readonly expect: ScenarioExpect;
  /** Virtual seconds per wall-clock second when the run uses real sockets (--udp). */
  readonly timeScale: number;
  /** The run ends at the latest then, in virtual seconds; by default after the last deadline. */
  readonly endSeconds: number;
}

/** A Walker constellation with +Grid links. */
export interface ScenarioConstellation extends WalkerShell {
  /** Inter-plane links are down while either end is above this latitude, north or south; 90 switches the outage off. */
  readonly crossoverLatitudeDeg: number;
}

/** A contact plan file in place of a constellation. */
export interface ScenarioPlan {
  /** Absolute path. */
  readonly filename: string;
  /** Where given, satellites may be named [sat, orb]. */
  readonly satellitesPerPlane: number | undefined;
}

/** What one link does to bundles; probabilities per bundle and hop. */
export interface ScenarioHardships {
  readonly loss: number;
  /** Loss that comes in bursts, beside `loss`; undefined for none. */
  readonly bursts: ScenarioBursts | undefined;
  readonly duplication: number;
  readonly reordering: { readonly probability: number; readonly delayMs: number };
  /** Each datagram arrives later than the plan says by a time between the two, drawn evenly. */
  readonly delay: { readonly minMs: number; readonly maxMs: number };
  readonly corruption: number;
}

/**
 * A Gilbert-Elliott channel: a link is good or bad, changes before each datagram with the probability given, and loses datagrams
 * with the probability of its state. The mean burst is 1 / `leave` datagrams long. It is drawn by datagram and not by time.
 */
export interface ScenarioBursts {
  /** Probability that a good link turns bad. */
  readonly enter: number;
  /** Probability that a bad link turns good. */
  readonly leave: number;
  readonly lossGood: number;
  readonly lossBad: number;
}

/** What the links do to bundles. */
export interface ScenarioLinks extends ScenarioHardships {
  /** For the links of a constellation; a plan file brings its own rates. */
  readonly rateBytesPerSecond: number;
  /** The longest datagram that a link takes. */
  readonly maxBundleBytes: number;
  /** Links that are better or worse than the others, one direction each; of two for one link the last counts. */
  readonly overrides: readonly ScenarioLinkOverride[];
}

/** What one direction of a link does to bundles, where that is another thing than on all others. */
export interface ScenarioLinkOverride extends Partial<ScenarioHardships> {
  readonly from: number;
  readonly to: number;
}

/** What the stores of all nodes are. */
export interface ScenarioStore {
  /** Whether what was flushed is there again after a crash. */
  readonly kind: 'memory' | 'durable';
  /** How long a flush takes. What a node wants done waits for it, and what it takes in meanwhile for the next one. */
  readonly flushDelayMs: number;
  /** Bundles that a store takes, administrative ones apart. */
  readonly bundles: number;
  /** Their bytes. */
  readonly bytes: number;
  /** Administrative bundles that a store takes beside them. */
  readonly administrativeBundles: number;
}

/** How custody transfer is used. */
export interface ScenarioCustody {
  /** Custody transfer for the job's traffic. */
  readonly enabled: boolean;
  /** Take custody although the store is volatile. */
  readonly volatile: boolean;
}

/** How nodes treat bundles. */
export interface ScenarioNodes {
  /** They send the status reports that bundles ask for. */
  readonly statusReports: boolean;
  readonly compressedReports: {
    /** A signal leaves when it says this many things ... */
    readonly limit: number;
    /** ... or this long after the first of them. */
    readonly delaySeconds: number;
    /** Counters of bundles start again at 0 after 2^bits - 1. */
    readonly counterBits: 16 | 32 | 64;
  };
  /** How strictly they read. */
  readonly profile: ProfileName;
  /** Whose type numbers custody goes by. */
  readonly types: keyof typeof TYPE_PROFILES;
  /** Node numbers of those without a clock that knows the date. */
  readonly clockless: readonly number[];
  /** Node numbers of those that relay bundles in custody and take none. */
  readonly withoutCustody: readonly number[];
  readonly priorities: ScenarioPriorities;
}

/** Classes that a scenario can put bundles into; what nodes tell each other is above them all. */
export const TRAFFIC_PRIORITIES = ['expedited', 'standard', 'bulk'] as const;
/** One of {@link TRAFFIC_PRIORITIES}. */
export type TrafficPriority = (typeof TRAFFIC_PRIORITIES)[number];

/** Which bundles go first. */
export interface ScenarioPriorities {
  /** Whether urgency is each node's own matter or travels in ION's block 193. */
  readonly profile: 'local' | 'ion';
  readonly services: readonly {
    readonly service: number;
    readonly priority: TrafficPriority;
    readonly ordinal: number;
  }[];
}

/** How nodes choose their routes. */
export interface ScenarioRouting {
  /** A queue that takes no longer than this is left out of the choice. */
  readonly queueToleranceSeconds: number;
  /** Whether nodes tell each other how much of their contacts is taken. */
  readonly congestion: 'avoid' | 'off';
}

/** Bundle security. */
export interface ScenarioSecurity {
  /** Absolute path of the key set. */
  readonly keys: string;
  readonly rules: readonly ScenarioSecurityRule[];
  readonly unexpected: SecurityPolicyForm['unexpected'];
}

/** A rule of the security policies of some nodes. */
export type ScenarioSecurityRule = SecurityPolicyForm['rules'][number] & {
  /** Node numbers; undefined for all. */
  readonly nodes: readonly number[] | undefined;
};

/** Virtual time that one step of a user's processor costs. */
export interface ScenarioProcessing {
  /** Per record that a collector yields. */
  readonly collectMs: number;
  /** Per step of a mapper (a batch, and each further record it yields). */
  readonly mapMs: number;
  readonly combineMs: number;
  readonly reduceMs: number;
  /** Satellites whose processors take `factor` times as long. */
  readonly slow: readonly { readonly node: number; readonly factor: number }[];
  /** Seconds on the wall clock after which a step that has not answered counts as failed. */
  readonly stepLimitSeconds: number;
}

/** Events of a bundle that a flow can ask status reports of; `time` asks for their times. */
export const REPORT_EVENTS = ['reception', 'forwarding', 'delivery', 'deletion', 'time'] as const;

/** Events of a bundle that a flow can ask compressed reports of. */
export const COMPRESSED_REPORT_EVENTS = [
  'reception',
  'forwarding',
  'delivery',
  'deletion',
  'custodyAcceptance',
  'custodyRefusal',
] as const;

/** An extension block of a flow's bundles. */
export interface ScenarioBlock {
  readonly type: number;
  readonly flags: number;
  /** Content in hexadecimal digits. */
  readonly data: string;
}

/** A flow of plain bundles. */
export interface ScenarioTraffic {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly sizeBytes: number;
  readonly intervalSeconds: number;
  readonly custody: boolean;
  /** Its bundles may expire although they are in custody. */
  readonly mayExpire?: boolean | undefined;
  readonly lifetimeSeconds: number;
  /** The bundles may be fragmented. */
  readonly fragment: boolean;
  readonly reports: readonly (typeof REPORT_EVENTS)[number][];
  readonly compressedReports: readonly (typeof COMPRESSED_REPORT_EVENTS)[number][];
  /** Node that reports go to; undefined for the source. */
  readonly reportTo: number | undefined;
  readonly hopLimit: number | undefined;
  readonly blocks: readonly ScenarioBlock[];
  /** Service that the bundles are for. */
  readonly service: number;
  /** Undefined for what the policy of the nodes says of the service. */
  readonly priority: TrafficPriority | undefined;
  readonly ordinal: number;
  /** A copy goes through every neighbour that has a route. */
  readonly critical: boolean;
}

/** A job for a LOS satellite at `at` seconds. */
export interface ScenarioJob {
  readonly at: number;
  readonly los: number;
  readonly aoi: AreaOfInterest;
  readonly collectors: number;
  readonly collect: string;
  readonly map: string;
  readonly combine: string;
  readonly reduce: string;
  readonly maxCollectRecords: number;
  /** LeoPyMR's job_data as it was written: what travels must not depend on where files lie on this machine. */
  readonly data: JsonValue;
  readonly allocator: Allocator;
  readonly reducer: ReducerChoice;
  readonly deadlineSeconds: number;
}

/** What the run is checked against, beside the checkers that always watch. */
export interface ScenarioExpect {
  /** State that every job must reach; default done. */
  readonly jobs: 'done' | 'failed';
  /** Text that must occur in the reason of every failed job. */
  readonly reason: string | undefined;
  /** Share of the plain traffic bundles that must be delivered, 0 to 1. */
  readonly deliveryRatio: number | undefined;
  /** In the end no node holds anything any more: the run goes on until that is so, or to its end. */
  readonly released: boolean;
  /** Bounds on counters of the report's `network` part, by name. */
  readonly network: {
    readonly [counter: string]: { readonly min?: number | undefined; readonly max?: number | undefined };
  };
}
