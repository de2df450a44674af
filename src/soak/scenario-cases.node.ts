/** Cases from a scenario file of the user's: the same scenario with each seed, and with the hardships of a profile where one is asked for. */
import { Random } from '../base/random.js';
import { readScenarioPlan, scenarioPlanText } from '../simulator/plan-file.node.js';
import type { Scenario } from '../simulator/scenario.js';
import { loadScenario } from '../simulator/scenario-file.node.js';
import { scenarioFileForm } from '../simulator/scenario-form.js';
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';
import { drawHardships } from './faults.js';
import type { SoakProfile } from './profiles.js';
import type { SoakCase } from './soak-case.js';

/** A scenario to be run with many seeds. */
export class ScenarioCases {
  readonly #form: ScenarioFileForm;
  readonly #contacts: SoakCase['contacts'];
  readonly #nodes: readonly number[];
  readonly #endSeconds: number;
  readonly #profile: SoakProfile | undefined;

  /** Reads a scenario. Throws an InputFileError like `leodtn run` does. */
  static async load(file: string, profile: SoakProfile | undefined): Promise<ScenarioCases> {
    const scenario = await loadScenario(file);
    const { plan, constellation } = scenario;
    if (plan === undefined) {
      const { planes, satellitesPerPlane } = constellation as NonNullable<Scenario['constellation']>;
      return new ScenarioCases(scenario, profile, undefined, numbersTo(planes * satellitesPerPlane));
    }
    const { plan: read } = await readScenarioPlan(plan.filename);
    // Where ION's text form does not say all of it, the case goes on naming the file.
    const canBeWritten = plan.satellitesPerPlane === undefined && scenarioPlanText(read).format === 'ion';
    return new ScenarioCases(scenario, profile, canBeWritten ? read.contacts : undefined, read.nodes);
  }

  private constructor(
    scenario: Scenario,
    profile: SoakProfile | undefined,
    contacts: SoakCase['contacts'],
    nodes: readonly number[],
  ) {
    this.#profile = profile;
    this.#contacts = contacts;
    this.#nodes = nodes;
    this.#endSeconds = scenario.endSeconds;
    const { plan, jobs, ...form } = scenarioFileForm(withAbsoluteFiles(scenario)) as ScenarioFileForm;
    this.#form = contacts === undefined && plan !== undefined ? { ...form, jobs, plan } : { ...form, jobs };
  }

  /** The case of a seed. */
  caseOf(seed: number): SoakCase {
    const form = { ...this.#form, name: `${this.#form.name}-${seed}`, seed };
    return {
      seed,
      form: this.#profile === undefined ? form : this.#harder(form, this.#profile),
      contacts: this.#contacts,
      texts: {},
    };
  }

  /** The scenario with what a profile draws in the first half of its time. */
  #harder(form: ScenarioFileForm, profile: SoakProfile): ScenarioFileForm {
    const random = new Random(form.seed ?? 1, `soak/${profile.name}`);
    const healSeconds = Math.max(2, Math.floor(Math.min(profile.healSecondsUpTo, this.#endSeconds / 2)));
    const drawn = drawHardships(random, profile, { nodes: this.#nodes, contacts: this.#contacts ?? [], healSeconds });
    const faults = [...(form.faults ?? []), ...(drawn.faults ?? [])].sort((a, b) => a.at - b.at);
    return { ...form, ...drawn, links: { ...form.links, ...drawn.links }, faults };
  }
}

function withAbsoluteFiles(scenario: Scenario): Scenario {
  const jobs = scenario.jobs.map((job) => {
    const { data } = job;
    if (data === null || typeof data !== 'object' || Array.isArray(data)) return job;
    const name = data['filename'];
    const path = typeof name === 'string' ? scenario.files[name] : undefined;
    return path === undefined ? job : { ...job, data: { ...data, filename: path } };
  });
  return { ...scenario, jobs };
}

function numbersTo(count: number): number[] {
  return Array.from({ length: count }, (_, at) => at + 1);
}
