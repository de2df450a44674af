/**
 * From the file form of a scenario to the parsed one: satellites become node numbers, and what concerns more than one field
 * is checked. File names stay as written here; scenario-file.node.ts finds the files.
 */
import { BUNDLE_OVERHEAD_BYTES, isOwnBlockType } from '../agent/index.js';
import { InputFileError, UsageError } from '../base/errors.js';
import type { JsonValue } from '../base/json.js';
import { checkedPolicyForm } from '../bpsec/index.js';
import { ION_QOS_BLOCK, TYPE_PROFILES } from '../bpv7/index.js';
import { checkShellForm } from '../constellation/index.js';
import { type FieldPath, FieldProblem, inWords, problemOf } from '../documents/problem.js';
import { withoutNulls } from '../documents/yaml-source.js';
import { type EarthArea, shapeOf } from '../orbit/index.js';
import type { AreaOfInterest, ReducerChoice } from '../scheduler/job.js';
import type { Scenario, ScenarioJob, ScenarioPlan, ScenarioSecurity, ScenarioTraffic } from './scenario.js';
import { type Naming, nodeOf } from './scenario-naming.js';
import { resolveFaults, resolveLinks, resolveProcessing } from './scenario-resolve-faults.js';
import { type SatelliteForm, type ScenarioForm, scenarioForm, scenarioJsonSchema } from './scenario-schema.js';

/** Virtual seconds that a run goes on after the last deadline, so that what is under way then is still seen. */
export const END_MARGIN_SECONDS = 10;

/** Checks what a scenario file holds and fills in every default. Throws a {@link FieldProblem}. */
export function parseScenario(value: unknown, defaultName = 'scenario'): Scenario {
  const given = withoutNulls(value, isJobData);
  const parsed = scenarioForm.safeParse(given);
  if (!parsed.success) throw problemOf(parsed.error.issues, given, scenarioJsonSchema());
  return resolveScenario(parsed.data, defaultName);
}

function resolveScenario(form: ScenarioForm, defaultName: string): Scenario {
  const plan = resolvePlan(form);
  const naming: Naming = {
    satellitesPerPlane: form.constellation?.satellitesPerPlane ?? plan?.satellitesPerPlane,
    planes: form.constellation?.planes,
  };
  if (form.jobs.length === 0 && form.traffic.length === 0) {
    throw new FieldProblem(['jobs'], 'nothing to carry; expected at least one job, or a flow in traffic');
  }
  const jobs = form.jobs.map((job, i) => resolveJob(job, ['jobs', i], naming));
  const traffic = form.traffic.map((flow, i) =>
    resolveTraffic(flow, ['traffic', i], naming, form.links.maxBundleBytes),
  );
  checkTypes(form);
  checkPriorities(form);
  const named = (field: 'clockless' | 'withoutCustody') =>
    form.nodes[field].map((satellite, i) => nodeOf(satellite, ['nodes', field, i], naming));
  return {
    name: form.name ?? defaultName,
    description: form.description,
    seed: form.seed,
    constellation: form.constellation,
    plan,
    links: resolveLinks(form.links, naming),
    custody: form.custody,
    store: form.store,
    processing: resolveProcessing(form.processing, naming),
    nodes: { ...form.nodes, clockless: named('clockless'), withoutCustody: named('withoutCustody') },
    routing: form.routing,
    security: resolveSecurity(form.security, naming),
    faults: resolveFaults(form, naming),
    traffic,
    jobs,
    files: {},
    expect: {
      jobs: form.expect.jobs,
      reason: form.expect.reason,
      deliveryRatio: form.expect.deliveryRatio,
      released: form.expect.released,
      network: form.expect.network as Scenario['expect']['network'],
    },
    timeScale: form.timeScale,
    endSeconds: form.endSeconds ?? lastSecond(jobs, traffic) + END_MARGIN_SECONDS,
  };
}

function resolvePlan(form: ScenarioForm): ScenarioPlan | undefined {
  if (form.constellation !== undefined && form.plan !== undefined) {
    throw new FieldProblem(['plan'], 'found both constellation and plan; expected one of them');
  }
  if (form.constellation !== undefined) {
    checkShellForm(form.constellation, ['constellation']);
    return undefined;
  }
  if (form.plan === undefined) {
    throw new FieldProblem([], 'no world; expected constellation, or plan with a contact plan file');
  }
  if (typeof form.plan === 'string') return { filename: form.plan, satellitesPerPlane: undefined };
  return { filename: form.plan.filename, satellitesPerPlane: form.plan.satellitesPerPlane };
}

function resolveJob(form: ScenarioForm['jobs'][number], path: FieldPath, naming: Naming): ScenarioJob {
  const { aoi, los, reducer, data, ...rest } = form;
  const area = resolveArea(aoi, [...path, 'aoi'], naming);
  const size = area.kind === 'nodes' ? area.nodes.length : area.kind === 'grid' ? gridSize(area) : undefined;
  if (size !== undefined && size < form.collectors) {
    throw new FieldProblem(
      [...path, 'collectors'],
      `found ${form.collectors}, but the area of interest has ${size} satellites; expected at most ${size}, or a larger aoi`,
    );
  }
  return {
    ...rest,
    los: los === undefined ? 1 : nodeOf(los, [...path, 'los'], naming),
    aoi: area,
    data: jsonOf(data ?? null, [...path, 'data']),
    reducer: typeof reducer === 'string' ? (reducer as ReducerChoice) : nodeOf(reducer, [...path, 'reducer'], naming),
  };
}

function resolveArea(aoi: ScenarioForm['jobs'][number]['aoi'], path: FieldPath, naming: Naming): AreaOfInterest {
  const { planes, satellitesPerPlane } = naming;
  if (aoi === undefined) {
    if (planes === undefined || satellitesPerPlane === undefined) {
      throw new FieldProblem(
        path,
        'missing; expected a list of satellites, which a scenario with a plan file must give',
      );
    }
    return { kind: 'grid', sats: [1, satellitesPerPlane], orbs: [1, planes] };
  }
  if (Array.isArray(aoi)) {
    const nodes = (aoi as SatelliteForm[]).map((satellite, i) => nodeOf(satellite, [...path, i], naming));
    const again = nodes.findIndex((node, i) => nodes.indexOf(node) !== i);
    if (again >= 0)
      throw new FieldProblem([...path, again], `found ${inWords(aoi[again])} twice; expected each satellite once`);
    return { kind: 'nodes', nodes };
  }
  if ('sats' in aoi) {
    if (satellitesPerPlane === undefined) {
      throw new FieldProblem(
        path,
        'found a grid box; expected a list of node numbers, since the plan gives no satellitesPerPlane',
      );
    }
    checkSpan(aoi.sats, [...path, 'sats'], satellitesPerPlane, 'satellites in a plane');
    checkSpan(aoi.orbs, [...path, 'orbs'], planes, 'planes');
    return { kind: 'grid', sats: aoi.sats as [number, number], orbs: aoi.orbs as [number, number] };
  }
  if (planes === undefined) {
    throw new FieldProblem(
      path,
      'found latitudes; expected satellites, since a contact plan says nothing of where they are',
    );
  }
  if ('center' in aoi) {
    const [latitudeDeg, longitudeDeg] = aoi.center;
    return { kind: 'circle', latitudeDeg, longitudeDeg, radiusKm: aoi.radiusKm };
  }
  if ('polygon' in aoi) {
    const border = aoi.polygon.map(([latitudeDeg, longitudeDeg]) => ({ latitudeDeg, longitudeDeg }));
    return checkedArea({ kind: 'polygon', polygons: [[border]] }, [...path, 'polygon']);
  }
  const [south, north] = aoi.latitude as [number, number];
  if (south > north) {
    throw new FieldProblem(
      [...path, 'latitude'],
      `found ${inWords(aoi.latitude)}; expected [south, north] with south first`,
    );
  }
  return { kind: 'box', latitudeDeg: [south, north], longitudeDeg: aoi.longitude as [number, number] };
}

/** The area, where one like that exists. */
function checkedArea(area: EarthArea, path: FieldPath): EarthArea {
  try {
    shapeOf(area);
  } catch (error) {
    if (error instanceof UsageError) throw new FieldProblem(path, error.message);
    throw error;
  }
  return area;
}

function checkSpan(span: readonly number[], path: FieldPath, limit: number | undefined, what: string): void {
  const [min, max] = span as [number, number];
  if (min > max) throw new FieldProblem(path, `found ${inWords(span)}; expected [min, max] with the smaller one first`);
  if (limit !== undefined && max > limit) {
    throw new FieldProblem(
      path,
      `found ${inWords(span)}; expected [min, max] within 1 to ${limit}, the number of ${what}`,
    );
  }
}

function resolveTraffic(
  form: ScenarioForm['traffic'][number],
  path: FieldPath,
  naming: Naming,
  maxBundleBytes: number,
): ScenarioTraffic {
  const from = nodeOf(form.from, [...path, 'from'], naming);
  const to = nodeOf(form.to, [...path, 'to'], naming);
  if (from === to)
    throw new FieldProblem([...path, 'to'], `found ${inWords(form.to)} at both ends; expected two satellites`);
  if (form.fragment && form.custody) {
    throw new FieldProblem(
      [...path, 'fragment'],
      'found true beside custody: true; expected one of them, since bundles in custody must not be fragmented',
    );
  }
  const maxBytes = maxBundleBytes - BUNDLE_OVERHEAD_BYTES;
  if (form.sizeBytes > maxBytes && !form.fragment) {
    throw new FieldProblem(
      [...path, 'sizeBytes'],
      `found ${form.sizeBytes}; expected at most ${maxBytes}, or fragment: true`,
    );
  }
  const reportTo = form.reportTo === undefined ? undefined : nodeOf(form.reportTo, [...path, 'reportTo'], naming);
  checkOrdinal(form, path);
  return { ...form, from, to, reportTo, hopLimit: form.hopLimit, priority: form.priority };
}

function checkOrdinal(
  form: { readonly priority?: string | undefined; readonly ordinal: number },
  path: FieldPath,
): void {
  if (form.ordinal === 0 || form.priority === 'expedited') return;
  throw new FieldProblem([...path, 'ordinal'], `found ${form.ordinal}; expected it beside priority: expedited only`);
}

/** What goes by the class of bundles, and needs it to be carried. */
function checkPriorities({ nodes, traffic }: ScenarioForm): void {
  const { profile, services } = nodes.priorities;
  for (const [i, service] of services.entries()) {
    checkOrdinal(service, ['nodes', 'priorities', 'services', i]);
    if (services.findIndex((each) => each.service === service.service) === i) continue;
    const path = ['nodes', 'priorities', 'services', i, 'service'];
    throw new FieldProblem(path, `found ${service.service} twice; expected each service once`);
  }
  for (const [i, { critical, custody, blocks }] of traffic.entries()) {
    if (critical && custody) {
      const found = 'found true beside custody: true; expected one of them';
      throw new FieldProblem(['traffic', i, 'critical'], `${found}, since copies in custody would release each other`);
    }
    if (critical && profile !== 'ion') {
      const found = 'found true; expected nodes.priorities.profile: ion beside it';
      throw new FieldProblem(['traffic', i, 'critical'], `${found}, which carries the mark`);
    }
    const at = profile === 'ion' ? blocks.findIndex(({ type }) => type === ION_QOS_BLOCK) : -1;
    if (at >= 0) {
      const found = `found ${ION_QOS_BLOCK}; expected a block type that nodes do not make themselves`;
      throw new FieldProblem(['traffic', i, 'blocks', at, 'type'], found);
    }
  }
}

/** Custody, and blocks that nodes make themselves, depend on whose type numbers are used. */
function checkTypes({ nodes, custody, jobs, traffic }: ScenarioForm): void {
  const types = TYPE_PROFILES[nodes.types];
  const noCustody = `expected false with nodes.types ${types.name}, which has no custody blocks`;
  const hasCustody = types.custodyBlock !== undefined;
  if (!hasCustody && custody.enabled && jobs.length > 0) {
    throw new FieldProblem(['custody', 'enabled'], `found true; ${noCustody}`);
  }
  for (const [i, flow] of traffic.entries()) {
    if (!hasCustody && flow.custody) {
      throw new FieldProblem(['traffic', i, 'custody'], `found true; ${noCustody}`);
    }
    for (const [k, { type }] of flow.blocks.entries()) {
      if (!isOwnBlockType(type, types)) continue;
      throw new FieldProblem(
        ['traffic', i, 'blocks', k, 'type'],
        `found ${type}; expected a block type that nodes do not make themselves`,
      );
    }
  }
}

/** What of a rule no field alone can say is wrong is found by the policy's own check. */
function resolveSecurity(form: ScenarioForm['security'], naming: Naming): ScenarioSecurity | undefined {
  if (form === undefined) return undefined;
  const rules = form.rules.map(({ nodes, ...rule }, i) => {
    try {
      checkedPolicyForm({ rules: [rule] }, 'the scenario');
    } catch (error) {
      if (!(error instanceof InputFileError)) throw error;
      const field = (error.position.field ?? '').split('.').slice(2);
      throw new FieldProblem(['security', 'rules', i, ...field], error.problem);
    }
    const path = ['security', 'rules', i, 'nodes'];
    return { ...rule, nodes: nodes?.map((satellite, k) => nodeOf(satellite, [...path, k], naming)) };
  });
  return { keys: form.keys, rules, unexpected: form.unexpected };
}

function gridSize(area: { readonly sats: readonly number[]; readonly orbs: readonly number[] }): number {
  return (area.sats[1]! - area.sats[0]! + 1) * (area.orbs[1]! - area.orbs[0]! + 1);
}

function lastSecond(jobs: readonly ScenarioJob[], traffic: readonly ScenarioTraffic[]): number {
  return Math.max(
    0,
    ...jobs.map((job) => job.at + job.deadlineSeconds),
    ...traffic.map((flow) => flow.at + (flow.count - 1) * flow.intervalSeconds + flow.lifetimeSeconds),
  );
}

/** Where the data of a job is, in which null is a value. */
function isJobData(path: FieldPath): boolean {
  return path.length === 3 && path[0] === 'jobs' && path[2] === 'data';
}

/** What YAML can write and JSON cannot (.nan, .inf) is refused, since job data travels as JSON. */
function jsonOf(value: unknown, path: FieldPath): JsonValue {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new FieldProblem(path, `found ${value}; expected a value that JSON can hold`);
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value))
      jsonOf(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
  return value as JsonValue;
}
