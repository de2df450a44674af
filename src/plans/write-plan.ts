/** Writes a plan in any format, and says what the format cannot hold. */
import { UsageError } from '../base/errors.js';
import { ContactPlan, type PlanDocument } from '../routing/index.js';
import { formatAsabrPlan } from './asabr-plan.js';
import { formatHdtnPlan } from './hdtn-plan.js';
import { formatIonDocument } from './ion-writer.js';
import { formatLeodtnPlan } from './leodtn-plan.js';
import { factsOf, type PlanFormat } from './plan-format.js';
import { LossBook, type PlanLoss } from './plan-losses.js';
import { formatTvgPlan } from './tvg-writer.js';

/** How a plan is written. */
export interface WritePlanOptions {
  /** Write what is nearest to what the format cannot hold, instead of refusing. */
  readonly allowLoss?: boolean | undefined;
}

/** A plan as text. */
export interface WrittenPlan {
  readonly text: string;
  /** What the text does not hold: only `listed` losses unless others were allowed. */
  readonly losses: readonly PlanLoss[];
}

/**
 * Writes a plan. Throws a UsageError `plan-loss` where something is lost that changes when or how much can be sent, unless
 * `allowLoss` is given and the format has something near to it; `bad-contact` and `bad-epoch` where the document itself is broken.
 */
export function writePlan(document: PlanDocument, format: PlanFormat, options: WritePlanOptions = {}): WrittenPlan {
  const written = render(document, format);
  const inTheWay = written.losses.filter(
    ({ severity, nearest }) => severity === 'refused' && (options.allowLoss !== true || nearest === undefined),
  );
  if (inTheWay.length === 0) return written;
  const what = inTheWay.map(
    ({ count, message, nearest, examples }) =>
      `${count}: ${message} (such as ${examples.join('; ')})${nearest === undefined ? '' : `, nearest: ${nearest}`}`,
  );
  throw new UsageError('plan-loss', `cannot be written as ${factsOf(format).title} without loss. ${what.join('. ')}`);
}

/** What a plan would lose in a format; empty where it reads back equal. Throws like {@link writePlan} for a broken document. */
export function planLosses(document: PlanDocument, format: PlanFormat): readonly PlanLoss[] {
  return render(document, format).losses;
}

function render(document: PlanDocument, format: PlanFormat): WrittenPlan {
  new ContactPlan(document.contacts); // judges the contacts
  const { epochUnixUs } = document;
  if (epochUnixUs !== undefined && !Number.isSafeInteger(epochUnixUs)) {
    throw new UsageError('bad-epoch', `the epoch ${epochUnixUs} must be whole microseconds of less than 2^53`);
  }
  const book = new LossBook();
  const text = WRITERS[format](document, book);
  return { text, losses: book.all };
}

const WRITERS: { readonly [format in PlanFormat]: (document: PlanDocument, book: LossBook) => string } = {
  ion: formatIonDocument,
  hdtn: formatHdtnPlan,
  asabr: formatAsabrPlan,
  tvg: formatTvgPlan,
  leodtn: formatLeodtnPlan,
};
