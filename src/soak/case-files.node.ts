/** Cases on the disk: a scenario, its contact plan in ION's text form, and the texts of its jobs, side by side in one folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { writePlan } from '../plans/index.js';
import type { SoakCase, Violation } from './soak-case.js';

/** A case with its plan in a file of that name. */
export function withPlanFile({ form, contacts }: SoakCase, filename: string): SoakCase['form'] {
  return contacts === undefined ? form : { ...form, plan: filename };
}

/** The case's plan in ION's text form, which says a generated plan exactly. */
export function planText(contacts: NonNullable<SoakCase['contacts']>): string {
  return writePlan({ nodes: [], contacts, epochUnixUs: undefined }, 'ion').text;
}

/**
 * Writes a case into `folder`, which is made where it is missing: `NAME.yaml`, `NAME.ionrc` and its texts. Returns the path of the
 * scenario, which `leodtn run` flies. `words` go into a comment at its top.
 */
export function writeCase(soakCase: SoakCase, folder: string, name: string, words: readonly string[] = []): string {
  mkdirSync(folder, { recursive: true });
  const texts = Object.entries(soakCase.texts).map(([text, content]) => ({ text, file: `${name}-${text}`, content }));
  for (const { file, content } of texts) writeFileSync(join(folder, file), content);
  if (soakCase.contacts !== undefined) writeFileSync(join(folder, `${name}.ionrc`), planText(soakCase.contacts));
  const fileOf = new Map(texts.map(({ text, file }) => [text, file]));
  const form = withPlanFile(renamed(soakCase, fileOf), `${name}.ionrc`);
  const comment = words.flatMap((word) => word.split('\n')).map((line) => `# ${line}\n`);
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, comment.join('') + stringify(form, { flowCollectionPadding: true }));
  return path;
}

/** Writes a failing case, with what its checkers found in the comment at its top. Returns the path of the scenario. */
export function keepCase(
  soakCase: SoakCase,
  violations: readonly Violation[],
  folder: string,
  words: readonly string[] = [],
): string {
  const { seed, form } = soakCase;
  const found = violations.map(({ checker, detail }) => `${checker}: ${detail.replaceAll('\n', ' ')}`);
  const comment = [`Found by leodtn soak, seed ${seed}. What its checkers say:`, ...found, ...words];
  return writeCase(soakCase, folder, form.name ?? `seed-${seed}`, comment);
}

/** The case with its jobs reading other file names. */
function renamed(soakCase: SoakCase, fileOf: ReadonlyMap<string, string>): SoakCase {
  const { form } = soakCase;
  const jobs = (form.jobs ?? []).map((job) => {
    const { filename } = (job.data ?? {}) as { filename?: string };
    const file = filename === undefined ? undefined : fileOf.get(filename);
    return file === undefined ? job : { ...job, data: { ...(job.data as object), filename: file } };
  });
  return { ...soakCase, form: { ...form, jobs } };
}
