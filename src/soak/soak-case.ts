/**
 * A case of a soak: a scenario as its file says it, with the contact plan and the texts that the file names, all as values. What is
 * done with the disk is in case-files.node.ts.
 */
import type { Contact } from '../routing/index.js';
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';

/** Everything that a run depends on. */
export interface SoakCase {
  readonly seed: number;
  /** The scenario without its plan, which stands in {@link contacts} where that is given. */
  readonly form: ScenarioFileForm;
  /** The contact plan, in whole seconds and rates so that ION's text form says it exactly; undefined where the form says the world. */
  readonly contacts: readonly Contact[] | undefined;
  /** Texts that jobs read, by the file names that they have in the form. */
  readonly texts: { readonly [name: string]: string };
}

/** What cases are made of. */
export interface CaseSource {
  /** Undefined for the default one, or with a scenario for no hardships beside its own. */
  readonly profile: string | undefined;
  /** A scenario file to fly in place of generated cases. */
  readonly scenario: string | undefined;
}

/** What a checker found wrong in the run of a case. */
export interface Violation {
  /** The checker's key, such as `custody`; `run` for a run that threw or hung. */
  readonly checker: string;
  readonly detail: string;
}

/** What is added up over the runs of a soak. */
export interface RunFigures {
  readonly bundles: number;
  readonly crashes: number;
  readonly jobsDone: number;
  readonly jobsFailed: number;
}

/** What a case came to. */
export interface CaseOutcome extends RunFigures {
  /** Empty where every checker was content. */
  readonly violations: readonly Violation[];
}

/** Figures of a run that came to nothing. */
export const NO_FIGURES: RunFigures = { bundles: 0, crashes: 0, jobsDone: 0, jobsFailed: 0 };
