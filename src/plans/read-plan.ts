/** Reads a plan file of any format, found by its content where the caller does not name it. */
import { InputFileError } from '../base/errors.js';
import { readAsabrPlan } from './asabr-plan.js';
import { readHdtnPlan } from './hdtn-plan.js';
import { readIonPlan } from './ion-plan.js';
import { JsonFile } from './json-file.js';
import { readLeodtnPlan } from './leodtn-plan.js';
import { PlanDraft } from './plan-draft.js';
import { PLAN_FORMATS, type PlanFormat, type ReadPlan, type ReadPlanOptions } from './plan-format.js';
import { readTvgPlan } from './tvg-plan.js';

/**
 * Reads a plan. `file` stands in messages only. Throws an InputFileError with line, field and what was expected for the first line or
 * contact that is bad (unless it can be skipped and `skipBad` says so), and for a text of no known format.
 */
export function readPlan(text: string, file: string, options: ReadPlanOptions = {}): ReadPlan {
  const draft = new PlanDraft(file, options.skipBad ?? false);
  const content = withoutMark(text);
  const isText = options.format === 'ion' || options.format === 'asabr';
  const json = !isText && looksLikeJson(content) ? new JsonFile(content, file) : undefined;
  const format = options.format ?? (json === undefined ? formatOfText(content) : formatOfJson(json.root));
  if (format === undefined)
    throw new InputFileError({ file }, `found no contacts of a known format; expected ${formatsInWords()}`);
  switch (format) {
    case 'ion':
      return readIonPlan(content, draft, options);
    case 'asabr':
      return readAsabrPlan(content, draft, options);
    case 'hdtn':
      return readHdtnPlan(json ?? new JsonFile(content, file), draft, options);
    case 'tvg':
      return readTvgPlan(json ?? new JsonFile(content, file), draft, options);
    case 'leodtn':
      return readLeodtnPlan(json ?? new JsonFile(content, file), draft, options);
  }
}

/** The format of a text by its content; undefined where it is none that is known, or broken JSON. */
export function recognisePlan(text: string): PlanFormat | undefined {
  const content = withoutMark(text);
  if (!looksLikeJson(content)) return formatOfText(content);
  try {
    return formatOfJson(JSON.parse(content));
  } catch {
    return undefined;
  }
}

/** All formats with how they begin, for messages. */
function formatsInWords(): string {
  return PLAN_FORMATS.map(({ format, title, begins }) => `${format} (${title}: ${begins})`).join(', ');
}

/** A byte order mark at the beginning is none of the text. */
function withoutMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

/** By the first line that only one format can have. */
function formatOfText(text: string): PlanFormat | undefined {
  for (const match of text.matchAll(
    /^[ \t]*(?:(a[ \t]+(?:contact|range)|@|m[ \t]+horizon)|(node|contact|enode|vnode))(?=\s|$)/gm,
  )) {
    return match[1] === undefined ? 'asabr' : 'ion';
  }
  return undefined;
}

function formatOfJson(root: unknown): PlanFormat | undefined {
  if (root === null || typeof root !== 'object') return undefined;
  if (Object.hasOwn(root, 'leodtnContactPlan')) return 'leodtn';
  if (Object.hasOwn(root, 'vertices') || Object.hasOwn(root, 'edges')) return 'tvg';
  return Object.hasOwn(root, 'contacts') ? 'hdtn' : undefined;
}
