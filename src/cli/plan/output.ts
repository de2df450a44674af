/** Where the plan commands write plans to, and what they say of losses. */
import { resolve } from 'node:path';
import { UsageError } from '../../base/errors.js';
import { type PlanFormat, type PlanLoss, planLosses, writePlan } from '../../plans/index.js';
import type { PlanDocument } from '../../routing/index.js';
import type { Io } from '../io.js';
import { writeFile } from '../output.js';
import { STATUS_OK, STATUS_USAGE } from '../status.js';
import { count, printable } from '../style.js';
import { type NamedPlan, notesJson } from './input.js';

/** How and where a plan is written. */
export interface PlanOutputFlags {
  /** A file; standard output where it is not given or `-`. */
  readonly out?: string;
  readonly allowLoss?: boolean;
  readonly json?: boolean;
}

/** Refuses to write over a file that the command reads, and a name that is none. `option` is what named the file. */
export function checkPlanOutput(
  { out, option = '--out' }: { readonly out?: string | undefined; readonly option?: string },
  inputs: readonly string[],
): void {
  if (out === '') throw new UsageError('out-not-writable', `${option}: found no name; expected a file`);
  if (out === undefined || out === '-') return;
  if (!inputs.some((name) => name !== '-' && resolve(name) === resolve(out))) return;
  throw new UsageError('out-over-input', `${option} ${out}: names a file that the command reads; expected another`);
}

/**
 * Writes a plan, tells of what its format does not hold, and returns the exit status: 2 with nothing written where something would be
 * lost that changes when or how much can be sent, and that was not allowed. With `--json` all of it is one object on standard output,
 * with the plan in it where no file was named.
 */
export async function writePlanOutput(
  document: PlanDocument,
  format: PlanFormat,
  inputs: readonly NamedPlan[],
  flags: PlanOutputFlags,
  io: Io,
): Promise<number> {
  const isAllowed = ({ severity, nearest }: PlanLoss) =>
    severity === 'listed' || (flags.allowLoss === true && nearest !== undefined);
  const losses = planLosses(document, format);
  const isRefused = !losses.every(isAllowed);
  for (const loss of losses) io.err(`leodtn: ${lossWords(loss, isAllowed(loss))}\n`);
  const text = isRefused ? undefined : writePlan(document, format, { allowLoss: flags.allowLoss }).text;
  const isFile = flags.out !== undefined && flags.out !== '-';
  if (text !== undefined && isFile) writeFile(flags.out, Buffer.from(text));
  if (flags.json === true) {
    const object = {
      inputs: inputs.map((plan) => ({ file: plan.name, format: plan.format, contacts: plan.document.contacts.length })),
      format,
      nodes: document.nodes.length,
      contacts: document.contacts.length,
      written: isRefused ? null : isFile ? flags.out : '-',
      losses: losses.map((loss) => ({ ...loss, nearest: loss.nearest ?? null })),
      notes: inputs.flatMap(notesJson),
      ...(text === undefined || isFile ? {} : { text }),
    };
    io.out(`${JSON.stringify(object)}\n`);
  } else if (text !== undefined && !isFile) {
    io.out(text);
    await io.outReady();
  }
  if (!isRefused) return STATUS_OK;
  io.err(`leodtn: nothing is written; ${adviceOf(losses.filter((loss) => loss.severity === 'refused'))}\n`);
  return STATUS_USAGE;
}

function lossWords({ count: concerned, message, nearest, examples }: PlanLoss, isAllowed: boolean): string {
  const such = examples.length === 0 ? '' : ` (such as ${printable(examples.join('; '))})`;
  const instead = nearest === undefined ? '' : `; ${isAllowed ? 'written' : 'nearest'}: ${nearest}`;
  return `${isAllowed ? 'lost' : 'refused'}: ${count(concerned)}: ${message}${such}${instead}`;
}

function adviceOf(refused: readonly PlanLoss[]): string {
  return refused.every(({ nearest }) => nearest !== undefined)
    ? '--allow-loss writes what is nearest, or choose another format with --to'
    : 'choose another format with --to';
}
