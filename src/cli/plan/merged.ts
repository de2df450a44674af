/** Several plan files as one plan: read, put on one axis, and told of where nodes got another number. */
import { UsageError } from '../../base/errors.js';
import { mergePlans } from '../../plans/index.js';
import { type PlanDocument, PlanNames } from '../../routing/index.js';
import type { Io } from '../io.js';
import { count, printable } from '../style.js';
import { type NamedPlan, type PlanInputFlags, readPlanInput } from './input.js';
import { epochOf } from './time.js';

/** Nodes that are told of one by one. */
const TOLD_NODES = 10;

/** Options of commands that may read several plans. */
export interface MergeFlags extends PlanInputFlags {
  /** The date of time 0 for those that do not give it. */
  readonly epoch?: string;
}

/** Plans and what they make together. */
export interface MergedPlan {
  readonly document: PlanDocument;
  readonly plans: readonly NamedPlan[];
}

/** Reads the files, or standard input where there is none. Throws like {@link readPlanInput}, and where their times cannot be compared. */
export async function readMerged(files: readonly string[], flags: MergeFlags, io: Io): Promise<MergedPlan> {
  const names = files.length === 0 ? ['-'] : files;
  if (names.filter((name) => name === '-').length > 1) {
    throw new UsageError('stdin-twice', 'found - twice; standard input is read once');
  }
  const plans: NamedPlan[] = [];
  for (const name of names) {
    const plan = await readPlanInput(name, flags, io);
    const epochUnixUs = plan.document.epochUnixUs ?? epochOf(undefined, flags.epoch);
    plans.push({ ...plan, document: { ...plan.document, epochUnixUs } });
  }
  if (plans.length === 1) return { document: plans[0]!.document, plans };
  checkDates(plans);
  const document = mergePlans(plans.map((plan) => plan.document));
  tellNodes(plans, document, io);
  return { document, plans };
}

function checkDates(plans: readonly NamedPlan[]): void {
  const undated = plans.find(({ document }) => document.epochUnixUs === undefined && document.contacts.length > 0);
  const dated = plans.find(({ document }) => document.epochUnixUs !== undefined);
  if (undated === undefined || dated === undefined) return;
  throw new UsageError(
    'plan-epochs',
    `${undated.name} does not say which date its time 0 is, and ${dated.name} does; add --epoch with that date`,
  );
}

/** Nodes that one name makes one node of, under the number of the first plan, and nodes of one number that have different names. */
function tellNodes(plans: readonly NamedPlan[], merged: PlanDocument, io: Io): void {
  const names = new PlanNames(merged.nodes);
  const told: string[] = [];
  for (const { name: file, document } of plans) {
    for (const { number, name } of document.nodes) {
      if (name === undefined) continue;
      const taken = names.numberOf(name);
      if (taken === undefined || taken === number) continue;
      const holder = names.labelOf(number);
      const why = merged.nodes.some((node) => node.number === number)
        ? `its number ${number} is that of ${holder}`
        : `it had the number ${number}, but the name is that of a node of a plan before`;
      told.push(`${file}: ${name} gets the number ${taken}: ${why}`);
    }
  }
  for (const line of told.slice(0, TOLD_NODES)) io.err(`leodtn: ${printable(line)}\n`);
  if (told.length > TOLD_NODES) {
    io.err(`leodtn: ${count(told.length - TOLD_NODES)} more nodes get another number\n`);
  }
}
