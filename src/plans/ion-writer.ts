/** Writes ION text. */
import type { PlanContact, PlanDocument, RangelessContact } from '../routing/index.js';
import { formatIonTime } from './calendar.js';
import { formatSeconds } from './decimal.js';
import { allNodes, countDialect, countUnkept, cutOverlaps, leaveOutInstants, limitRates, moveNodeZero } from './fit.js';
import type { LossBook } from './plan-losses.js';

/** A contact for which no range is written is marked on its way through the steps that make it fit. */
interface WrittenContact extends PlanContact {
  readonly isRangeless?: boolean;
}

/**
 * The nearest text, with its losses counted. Every contact that has a light time gets a range of its own; read back it gives equal contacts in the same
 * order, where nothing is lost.
 */
export function formatIonDocument(document: PlanDocument, book: LossBook): string {
  countUnkept(document, { epoch: true, confidence: true, rangeless: true }, book);
  const rangeless = withoutMirroredRange(document, book).map((contact) => ({
    ...contact,
    owltUs: 0,
    isRangeless: true,
  }));
  let contacts: readonly WrittenContact[] = leaveOutInstants([...document.contacts, ...rangeless], book);
  contacts = limitRates(contacts, book, Number.MAX_VALUE);
  contacts = moveNodeZero(contacts, allNodes(document), book);
  contacts = cutOverlaps(contacts, book);
  countDialect(contacts, book);
  const { epochUnixUs } = document;
  let text = epochUnixUs === undefined ? '' : `@ ${formatIonTime(epochUnixUs)}\n`;
  for (const { from, to, startUs, endUs, rateBytesPerSecond, owltUs, confidence, isRangeless } of contacts) {
    const window = `+${formatSeconds(startUs)} +${formatSeconds(endUs)} ${from} ${to}`;
    const certainty = confidence === undefined ? '' : ` ${confidence}`;
    if (isRangeless !== true) text += `a range ${window} ${formatSeconds(owltUs)}\n`;
    text += `a contact ${window} ${rateBytesPerSecond}${certainty}\n`;
  }
  return text;
}

/** The contacts without light time, less those to which the range of a contact in the other direction would give one. */
function withoutMirroredRange({ contacts, rangeless = [] }: PlanDocument, book: LossBook): readonly RangelessContact[] {
  return rangeless.filter((contact) => {
    const isMirrored =
      contact.from > contact.to &&
      contacts.some(
        ({ from, to, startUs, endUs }) =>
          from === contact.to && to === contact.from && startUs < contact.endUs && contact.startUs < endUs,
      );
    if (isMirrored) book.addContact('rangeless', contact, 'the range of the other direction would hold for it');
    return !isMirrored;
  });
}
