/** The way back from a parsed scenario to its file form, with every default filled in. */
import type { JsonValue } from '../base/json.js';
import type { AreaOfInterest } from '../scheduler/job.js';
import type { Scenario } from './scenario.js';

/** A scenario as a file could say it: JSON is YAML, so that what this gives, kept in a file, loads to an equal scenario. */
export function scenarioFileForm(scenario: Scenario): { [field: string]: JsonValue } {
  const { name, description, seed, constellation, plan, links, custody, store, nodes, routing, security, processing } =
    scenario;
  const { faults, traffic, jobs, expect, timeScale, endSeconds } = scenario;
  const form = {
    name,
    description,
    seed,
    constellation,
    plan,
    links,
    custody,
    store,
    nodes,
    routing,
    security,
    processing,
    faults,
    traffic,
    jobs: jobs.map((job) => ({ ...job, aoi: areaForm(job.aoi) })),
    expect,
    timeScale,
    endSeconds,
  };
  // Through JSON, which leaves out what is undefined.
  return JSON.parse(JSON.stringify(form)) as { [field: string]: JsonValue };
}

function areaForm(area: AreaOfInterest): unknown {
  switch (area.kind) {
    case 'nodes':
      return area.nodes;
    case 'grid':
      return { sats: area.sats, orbs: area.orbs };
    case 'box':
      return { latitude: area.latitudeDeg, longitude: area.longitudeDeg };
    case 'circle':
      return { center: [area.latitudeDeg, area.longitudeDeg], radiusKm: area.radiusKm };
    case 'polygon':
      // A scenario says one border without holes, and an area here came from a scenario.
      return { polygon: area.polygons[0]?.[0]?.map(({ latitudeDeg, longitudeDeg }) => [latitudeDeg, longitudeDeg]) };
  }
}
