/** Writes ION text. */
import type { PlanDocument } from '../routing/index.js';
import { formatIonTime } from './calendar.js';
import { formatSeconds } from './decimal.js';
import { allNodes, countDialect, countUnkept, cutOverlaps, leaveOutInstants, limitRates, moveNodeZero } from './fit.js';
import type { LossBook } from './plan-losses.js';

/**
 * The nearest text, with its losses counted. Every contact gets a range of its own; read back it gives equal contacts in the same
 * order, where nothing is lost.
 */
export function formatIonDocument(document: PlanDocument, book: LossBook): string {
  countUnkept(document, { epoch: true, confidence: true }, book);
  let contacts = leaveOutInstants(document.contacts, book);
  contacts = limitRates(contacts, book, Number.MAX_VALUE);
  contacts = moveNodeZero(contacts, allNodes(document), book);
  contacts = cutOverlaps(contacts, book);
  countDialect(contacts, book);
  const { epochUnixUs } = document;
  let text = epochUnixUs === undefined ? '' : `@ ${formatIonTime(epochUnixUs)}\n`;
  for (const { from, to, startUs, endUs, rateBytesPerSecond, owltUs, confidence } of contacts) {
    const window = `+${formatSeconds(startUs)} +${formatSeconds(endUs)} ${from} ${to}`;
    const certainty = confidence === undefined ? '' : ` ${confidence}`;
    text += `a range ${window} ${formatSeconds(owltUs)}\na contact ${window} ${rateBytesPerSecond}${certainty}\n`;
  }
  return text;
}
