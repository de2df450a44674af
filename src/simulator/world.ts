/**
 * The world that a scenario describes: its satellites, its contact plan, and what all nodes share. Both ways of running a scenario,
 * on virtual time and over real sockets, build their nodes here.
 */
import {
  type AgentConfig,
  type BundleSecurity,
  type BundleStore,
  defaultAgentConfig,
  PRIORITY,
  type PriorityPolicy,
  type Urgency,
} from '../agent/index.js';
import { UsageError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import type { Platform } from '../base/platform.js';
import type { Random } from '../base/random.js';
import { DTN_EPOCH_UNIX_MS, type Instant, secondsToUs, US_PER_MS } from '../base/time.js';
import type { TraceSink } from '../base/trace.js';
import { TYPE_PROFILES } from '../bpv7/index.js';
import {
  constellationPlan,
  satelliteName,
  satellitesInGrid,
  satellitesOverArea,
  type WalkerShell,
} from '../orbit/index.js';
import type { ProcessorCatalogue, SatelliteName } from '../processors/index.js';
import { arrivalTree, type Contact, ContactGraph, type ContactPlan, RouteTable } from '../routing/index.js';
import { SatelliteNode, TRAFFIC_SERVICE } from '../runtime/node.js';
import { type AreaOfInterest, type JobSpec, planJob } from '../scheduler/index.js';
import { NodeClocks } from './clocks.js';
import { startsOf } from './plan-changes.js';
import type { Scenario, ScenarioJob } from './scenario.js';

/** Virtual time 0 in DTN milliseconds: 2027-01-01T00:00:00Z. Any date would do; a fixed one makes runs repeatable. */
const VIRTUAL_EPOCH_DTN_MS = 852_076_800_000;

/** Contacts that a message names where a fault names none of them. */
const MAX_TOLD_STARTS = 8;

/** The present of a world at `us` microseconds of its own time. */
export function instantAt(us: number): Instant {
  return { monotonicUs: us, dtnTimeMs: dtnTimeMsAt(us) };
}

function dtnTimeMsAt(us: number): number {
  return VIRTUAL_EPOCH_DTN_MS + Math.floor(us / US_PER_MS);
}

/** The same present in microseconds since 1970-01-01T00:00:00Z. */
export function unixUsAt(us: number): number {
  return (DTN_EPOCH_UNIX_MS + VIRTUAL_EPOCH_DTN_MS) * US_PER_MS + us;
}

/** What a scenario comes to: satellites, plan, routes and planning, shared by all nodes of a run. */
export class World {
  readonly scenario: Scenario;
  /** The contact plan at the start of the run. */
  readonly initialPlan: ContactPlan;
  #plan: ContactPlan;
  #graph: ContactGraph;
  #routes: RouteTable;
  /** All satellites, ascending. */
  readonly nodes: readonly number[];
  readonly #shell: WalkerShell | undefined;
  readonly #satellitesPerPlane: number | undefined;
  readonly #catalogue: ProcessorCatalogue;
  readonly #clockless: ReadonlySet<number>;
  readonly #withoutCustody: ReadonlySet<number>;
  /** What the DTN clocks of the nodes are off by. */
  readonly clocks = new NodeClocks();
  readonly #laterPlans: ReadonlyMap<string, ContactPlan>;
  #linked: ReadonlyMap<number, Set<number>> | undefined;
  readonly #priorities: PriorityPolicy;

  /** `planFromFile` where the scenario names one, `laterPlans` by the file that a fault names. Throws UsageError for a constellation that cannot be. */
  constructor(
    scenario: Scenario,
    catalogue: ProcessorCatalogue,
    planFromFile: ContactPlan | undefined,
    laterPlans: ReadonlyMap<string, ContactPlan> = new Map(),
  ) {
    this.scenario = scenario;
    this.#clockless = new Set(scenario.nodes.clockless);
    this.#withoutCustody = new Set(scenario.nodes.withoutCustody);
    this.#catalogue = catalogue;
    const shape = scenario.constellation;
    this.#shell = shape;
    if (shape !== undefined) {
      this.initialPlan = constellationPlan(shape, {
        crossoverLatitudeDeg: shape.crossoverLatitudeDeg,
        rateBytesPerSecond: scenario.links.rateBytesPerSecond,
        horizonUs: secondsToUs(scenario.endSeconds),
      });
      this.#satellitesPerPlane = shape.satellitesPerPlane;
      this.nodes = Array.from({ length: shape.planes * shape.satellitesPerPlane }, (_, at) => at + 1);
    } else {
      if (planFromFile === undefined)
        throw new UsageError('no-world', 'a scenario needs a constellation or a contact plan');
      this.initialPlan = planFromFile;
      this.#satellitesPerPlane = scenario.plan?.satellitesPerPlane;
      const everywhere = [planFromFile, ...laterPlans.values()].flatMap(({ nodes }) => nodes);
      this.nodes = [...new Set(everywhere)].sort((a, b) => a - b);
    }
    this.#laterPlans = laterPlans;
    this.#priorities = prioritiesOf(scenario.nodes.priorities);
    this.#plan = this.initialPlan;
    this.#graph = new ContactGraph(this.#plan);
    this.#routes = new RouteTable(this.#graph);
  }

  /** The contact plan that is in force. */
  get plan(): ContactPlan {
    return this.#plan;
  }

  /** The graph over the plan that is in force, shared by all nodes. */
  get graph(): ContactGraph {
    return this.#graph;
  }

  /** Routes under the plan that is in force, shared by all nodes. */
  get routes(): RouteTable {
    return this.#routes;
  }

  /** Puts another plan in force; whoever has the graph and the routes of the one before must be told. */
  usePlan(plan: ContactPlan): void {
    this.#plan = plan;
    this.#graph = new ContactGraph(plan);
    this.#routes = new RouteTable(this.#graph);
  }

  /** The plan of a file that a fault puts in force. */
  laterPlan(filename: string): ContactPlan {
    return this.#laterPlans.get(filename) as ContactPlan;
  }

  /** Nodes that some plan of the run joins with `node`, in either direction. */
  everLinkedTo(node: number): Set<number> {
    this.#linked ??= linksOf(this.#plans());
    return this.#linked.get(node) ?? new Set();
  }

  /** All plans of the run, the first one first. */
  #plans(): readonly ContactPlan[] {
    return [this.initialPlan, ...this.#laterPlans.values()];
  }

  /** Planes and satellites in each, where the satellites stand in a grid. */
  get grid(): { planes: number; satellitesPerPlane: number } | undefined {
    if (this.#satellitesPerPlane === undefined) return undefined;
    const highest = this.nodes[this.nodes.length - 1] ?? 0;
    return { planes: Math.ceil(highest / this.#satellitesPerPlane), satellitesPerPlane: this.#satellitesPerPlane };
  }

  /** The present of one of its nodes. */
  instantOf(node: number, us: number): Instant {
    const errorUs = this.clocks.errorUs(node, us);
    if (this.#clockless.has(node)) return { monotonicUs: us, dtnTimeMs: undefined };
    return errorUs === 0 ? instantAt(us) : { monotonicUs: us, dtnTimeMs: Math.max(1, dtnTimeMsAt(us + errorUs)) };
  }

  /** `[sat, orb]` in a grid, else the number. */
  nameOf(node: number): SatelliteName {
    const perPlane = this.#satellitesPerPlane;
    if (this.#shell !== undefined) return satelliteName(this.#shell, node);
    return perPlane === undefined ? node : [((node - 1) % perPlane) + 1, Math.floor((node - 1) / perPlane) + 1];
  }

  /** Whether a contact joins two planes; without a grid every contact counts. */
  isInterPlane(contact: Contact): boolean {
    const perPlane = this.#satellitesPerPlane;
    if (perPlane === undefined) return true;
    return Math.floor((contact.from - 1) / perPlane) !== Math.floor((contact.to - 1) / perPlane);
  }

  /** The satellites over an area at a time, ascending. Throws UsageError where the world has no such geometry. */
  satellitesInArea(area: AreaOfInterest, atUs: number): readonly number[] {
    switch (area.kind) {
      case 'nodes':
        return area.nodes;
      case 'grid': {
        const { grid } = this;
        if (grid === undefined)
          throw new UsageError('no-grid', 'a grid area needs a constellation, or a plan with satellitesPerPlane');
        return satellitesInGrid(grid, area.sats, area.orbs).filter((node) => this.nodes.includes(node));
      }
      default:
        if (this.#shell === undefined) throw new UsageError('no-orbits', 'an area in degrees needs a constellation');
        return satellitesOverArea(this.#shell, area, atUs);
    }
  }

  /** The job as it is submitted. */
  jobSpec(job: ScenarioJob): JobSpec {
    return {
      aoi: job.aoi,
      collectors: job.collectors,
      collectTask: job.collect,
      mapTask: job.map,
      combineTask: job.combine,
      reduceTask: job.reduce,
      maxCollectRecords: job.maxCollectRecords,
      jobData: job.data,
      allocator: job.allocator,
      reducer: job.reducer,
      deadlineUs: secondsToUs(job.deadlineSeconds),
    };
  }

  /** A job's data with the absolute path of the file that it names. */
  localData(jobData: JsonValue): JsonValue {
    if (jobData === null || typeof jobData !== 'object' || Array.isArray(jobData)) return jobData;
    const name = jobData['filename'];
    const { files } = this.scenario;
    if (typeof name !== 'string' || !Object.hasOwn(files, name)) return jobData;
    return { ...jobData, filename: files[name] as string };
  }

  /** Throws the UsageError that naming or placing any of the scenario's satellites would raise, before anything flies. */
  checkJobs(random: Random): void {
    const known = new Set(this.nodes);
    for (const [what, node] of namedNodes(this.scenario)) {
      if (!known.has(node))
        throw new UsageError('unknown-node', `${what} names node ${node}, which the world does not have`);
    }
    this.#checkPlanChanges(known);
    for (const job of this.scenario.jobs) this.placeJob(this.jobSpec(job), job.los, random, secondsToUs(job.at));
  }

  /** Later plans have no other nodes, and faults name contacts that some plan has. */
  #checkPlanChanges(known: ReadonlySet<number>): void {
    for (const [file, { nodes }] of this.#laterPlans) {
      const stranger = nodes.find((node) => !known.has(node));
      if (stranger === undefined) continue;
      throw new UsageError('unknown-node', `${file} names node ${stranger}, which the world does not have`);
    }
    const plans = this.#plans();
    this.scenario.faults.forEach((fault, at) => {
      if (!('start' in fault)) return;
      const { from, to, start } = fault;
      const starts = plans.flatMap((plan) => startsOf(plan, from, to));
      if (starts.includes(start)) return;
      const found =
        starts.length === 0 ? 'there are none' : `they begin at ${starts.slice(0, MAX_TOLD_STARTS).join(', ')} s`;
      const message = `fault ${at}: no contact from node ${from} to ${to} begins at ${start} s; ${found}`;
      throw new UsageError('unknown-contact', message);
    });
  }

  /** Places a job's roles (scheduler). */
  placeJob(spec: JobSpec, los: number, random: Random, nowUs: number): ReturnType<typeof planJob> {
    return planJob(
      spec,
      {
        los,
        satellitesInArea: (area, atUs) => this.satellitesInArea(area, atUs),
        arrivals: (from, atUs, sizeBytes) => arrivalTree(this.graph, { from, atUs, sizeBytes }),
        random,
        skipsMap: this.#catalogue.skipsMap(spec.collectTask),
        allNodes: this.nodes,
      },
      nowUs,
    );
  }

  /** A node of this world. `adjust` changes what the driver needs different, such as pacing. */
  newNode(
    node: number,
    parts: {
      readonly random: Random;
      readonly platform: Platform;
      readonly trace: TraceSink;
      readonly store: BundleStore;
      /** How often it has started again; its randomness is another one each time. */
      readonly incarnation?: number;
      readonly security: BundleSecurity | undefined;
      readonly adjust?: (config: AgentConfig) => AgentConfig;
    },
  ): SatelliteNode {
    const { custody, store, nodes, links, routing, traffic } = this.scenario;
    const { incarnation = 0 } = parts;
    const base = defaultAgentConfig(node);
    const config: AgentConfig = {
      ...base,
      custody: {
        ...base.custody,
        acceptsCustody: (custody.volatile || parts.store.isDurable) && !this.#withoutCustody.has(node),
      },
      limits: {
        ...base.limits,
        storedBundles: store.bundles,
        storedBytes: store.bytes,
        administrativeBundles: store.administrativeBundles,
      },
      statusReports: nodes.statusReports,
      reporting: {
        signalLimit: nodes.compressedReports.limit,
        signalDelayUs: secondsToUs(nodes.compressedReports.delaySeconds),
        counterBits: nodes.compressedReports.counterBits,
      },
      profile: nodes.profile,
      types: TYPE_PROFILES[nodes.types],
      maxBundleBytes: links.maxBundleBytes,
      priorities: this.#priorities,
      queueToleranceUs: secondsToUs(routing.queueToleranceSeconds),
      congestion: routing.congestion,
    };
    return new SatelliteNode({
      config: parts.adjust?.(config) ?? config,
      jobCustody: custody.enabled,
      services: [...new Set([TRAFFIC_SERVICE, ...traffic.map(({ service }) => service)])],
      graph: this.graph,
      routes: this.routes,
      store: parts.store,
      random: parts.random.fork(incarnation === 0 ? `node/${node}` : `node/${node}/${incarnation}`),
      platform: parts.platform,
      trace: parts.trace,
      security: parts.security,
      nameOf: (each) => this.nameOf(each),
      skipsMap: (collector) => this.#catalogue.skipsMap(collector),
      localData: (jobData) => this.localData(jobData),
      plan: (spec, los, random, nowUs) => this.placeJob(spec, los, random, nowUs),
    });
  }
}

/** The policy of all nodes. */
function prioritiesOf({ profile, services }: Scenario['nodes']['priorities']): PriorityPolicy {
  const plain: [number, Urgency] = [TRAFFIC_SERVICE, { priority: PRIORITY.bulk, ordinal: 0 }];
  const stated = services.map(({ service, priority, ordinal }): [number, Urgency] => [
    service,
    { priority: PRIORITY[priority], ordinal },
  ]);
  return { profile, services: new Map([plain, ...stated]) };
}

/** Every satellite that a scenario names, and where. */
function namedNodes({
  jobs,
  traffic,
  faults,
  nodes,
  links,
  processing,
  security,
}: Scenario): [what: string, node: number][] {
  return [
    ...jobs.flatMap(({ los, aoi, reducer }, at) => {
      const named = [
        los,
        ...(typeof reducer === 'number' ? [reducer] : []),
        ...(aoi.kind === 'nodes' ? aoi.nodes : []),
      ];
      return named.map((node): [string, number] => [`job ${at}`, node]);
    }),
    ...processing.slow.map(({ node }): [string, number] => ['processing.slow', node]),
    ...links.overrides.flatMap(({ from, to }, at) =>
      [from, to].map((node): [string, number] => [`links.overrides ${at}`, node]),
    ),
    ...nodes.clockless.map((node): [string, number] => ['nodes.clockless', node]),
    ...nodes.withoutCustody.map((node): [string, number] => ['nodes.withoutCustody', node]),
    ...(security?.rules ?? []).flatMap(({ nodes: named }, at) =>
      (named ?? []).map((node): [string, number] => [`security rule ${at}`, node]),
    ),
    ...traffic.flatMap(({ from, to, reportTo }, at) =>
      [from, to, reportTo ?? from].map((node): [string, number] => [`flow ${at}`, node]),
    ),
    ...faults.flatMap((fault, at) => {
      const named = 'node' in fault ? [fault.node] : 'from' in fault ? [fault.from, fault.to] : [];
      if (fault.kind === 'forge' && fault.as !== undefined) named.push(fault.as);
      return named.map((node): [string, number] => [`fault ${at}`, node]);
    }),
  ];
}

/** For each node those that it has contacts with, in either direction. */
function linksOf(plans: readonly ContactPlan[]): Map<number, Set<number>> {
  const links = new Map<number, Set<number>>();
  const join = (node: number, other: number) => {
    const known = links.get(node);
    if (known === undefined) links.set(node, new Set([other]));
    else known.add(other);
  };
  for (const { contacts } of plans) {
    for (const { from, to } of contacts) {
      join(from, to);
      join(to, from);
    }
  }
  return links;
}
