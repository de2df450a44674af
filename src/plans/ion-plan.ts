/**
 * Contact plans in the text form of ION's ionrc files.
 *
 *   a contact START END FROM TO RATE [CONFIDENCE]   bytes per second
 *   a range START END FROM TO OWLT                  light seconds
 *   @ TIME                                          moves the reference time
 *   m horizon ... and what else changes no contact  ignored
 *
 * TIME is relative (`+90`, to the reference time) or absolute (`2026/06/15-00:00:00`, UTC); seconds may have a fraction of down
 * to a microsecond. The plan's axis begins at the first absolute `@` line; without one at the earliest absolute time of a
 * contact or range; without any absolute time where the file's relative times begin. Until an `@` line comes, the reference
 * time is the axis' beginning. `@ +N` moves the reference by N seconds from where it stands.
 *
 * A range holds for both directions when FROM < TO, except where a range of the reverse direction is given for the time. A
 * contact is cut where its light time changes; what lies outside every range cannot be used, is reported, and is kept apart.
 */
import type { RangelessContact } from '../routing/index.js';
import { formatSeconds } from './decimal.js';
import { type IonContactLine, IonLines, type IonRangeLine } from './ion-lines.js';
import type { PlanDraft } from './plan-draft.js';
import { factsOf, type ReadPlan, type ReadPlanOptions } from './plan-format.js';

/**
 * Reads ION text into a draft. Throws an InputFileError with line, column, field and what was expected for a line of another kind, a
 * bad number or time, a node number out of range, an end that is not after its start, a time before the axis, a rate of 0, and
 * contacts of one direction or ranges of one direction that overlap.
 */
export function readIonPlan(text: string, draft: PlanDraft, options: ReadPlanOptions): ReadPlan {
  const lines = new IonLines(text, draft, options.rateUnit ?? factsOf('ion').rateUnit);
  const nodes = new Set<number>();
  for (const { from, to } of [...lines.contacts, ...lines.ranges]) nodes.add(from).add(to);
  const ranges = byPair(lines.ranges, lines, draft);
  for (const group of byPair(lines.contacts, lines, draft).values()) {
    for (const contact of group) appendPieces(contact, ranges, draft);
  }
  draft.contacts.sort(byPlace);
  draft.rangeless.sort(byPlace);
  const numbered = [...nodes].map((number) => ({ number, name: undefined }));
  return draft.finish('ion', numbered, lines.originUs);
}

function byPlace(a: RangelessContact, b: RangelessContact): number {
  return (a.line as number) - (b.line as number) || a.startUs - b.startUs;
}

/** Lines by direction, each group sorted by start. Loopbacks are left out with a warning; overlaps throw. */
function byPair<T extends IonContactLine | IonRangeLine>(
  all: readonly T[],
  lines: IonLines,
  draft: PlanDraft,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of all) {
    if (item.from === item.to) {
      draft.note({ kind: 'ignored', line: item.line, message: `node ${item.from} to itself: ignored` });
      continue;
    }
    const pair = `${item.from} ${item.to}`;
    const group = groups.get(pair);
    if (group === undefined) groups.set(pair, [item]);
    else group.push(item);
  }
  for (const [pair, group] of groups) {
    group.sort((a, b) => a.startUs - b.startUs || a.line - b.line);
    groups.set(pair, withoutOverlaps(group, lines, draft));
  }
  return groups;
}

/** Lines of one direction, sorted by start; of two that overlap, the one that stands later in the file is refused. */
function withoutOverlaps<T extends IonContactLine | IonRangeLine>(
  group: readonly T[],
  lines: IonLines,
  draft: PlanDraft,
): T[] {
  const kept: T[] = [];
  for (const item of group) {
    const before = kept[kept.length - 1];
    if (before === undefined || item.startUs >= before.endUs) {
      kept.push(item);
      continue;
    }
    const later = item.line > before.line ? item : before;
    const other = later === item ? before : item;
    const problem = `overlaps the ${later.kind} from ${later.from} to ${later.to} of line ${other.line}; expected ${later.kind}s of one direction not to overlap`;
    draft.refuse(lines.error(later.line, 'start', problem));
    if (later === before) kept[kept.length - 1] = item;
  }
  return kept;
}

/** Adds the pieces of a contact that lie in ranges, each with its light time, and apart from them those that do not. */
function appendPieces(
  contact: IonContactLine,
  ranges: ReadonlyMap<string, readonly IonRangeLine[]>,
  draft: PlanDraft,
): void {
  const { from, to, line, confidence } = contact;
  if (confidence === 0) {
    draft.note({
      kind: 'unusable',
      line,
      field: 'confidence',
      message: `the contact from ${from} to ${to} has confidence 0: not usable`,
    });
    return;
  }
  const same = { from, to, rateBytesPerSecond: contact.rateBytesPerSecond, confidence, line };
  const { contacts, rangeless } = draft;
  const own = ranges.get(`${from} ${to}`) ?? [];
  const mirrored = from > to ? (ranges.get(`${to} ${from}`) ?? []) : [];
  let piece: { startUs: number; endUs: number; owltUs: number } | undefined;
  let gap: { startUs: number; endUs: number } | undefined;
  let coveredUs = 0;
  let isCut = false;
  for (let atUs = contact.startUs; atUs < contact.endUs; ) {
    const range = holding(own, atUs) ?? holding(mirrored, atUs);
    const untilUs = Math.min(contact.endUs, nextEdgeUs(own, atUs), nextEdgeUs(mirrored, atUs));
    if (range !== undefined) {
      coveredUs += untilUs - atUs;
      if (piece !== undefined && piece.endUs === atUs && piece.owltUs === range.owltUs) piece.endUs = untilUs;
      else {
        if (piece !== undefined) contacts.push({ ...same, ...piece });
        isCut ||= piece?.endUs === atUs;
        piece = { startUs: atUs, endUs: untilUs, owltUs: range.owltUs };
      }
    } else if (gap !== undefined && gap.endUs === atUs) gap.endUs = untilUs;
    else {
      if (gap !== undefined) rangeless.push({ ...same, ...gap });
      gap = { startUs: atUs, endUs: untilUs };
    }
    atUs = untilUs;
  }
  if (piece !== undefined) contacts.push({ ...same, ...piece });
  if (gap !== undefined) rangeless.push({ ...same, ...gap });
  if (isCut) draft.countCut(line);
  if (coveredUs === contact.endUs - contact.startUs) return;
  const part =
    coveredUs === 0 ? 'the contact' : `${formatSeconds(contact.endUs - contact.startUs - coveredUs)} s of the contact`;
  draft.note({ kind: 'unusable', line, message: `no range covers ${part} from ${from} to ${to}: not usable` });
}

/** The range that holds at a time; ranges are sorted and do not overlap. */
function holding(ranges: readonly IonRangeLine[], atUs: number): IonRangeLine | undefined {
  const range = ranges[firstEndingAfter(ranges, atUs)];
  return range !== undefined && range.startUs <= atUs ? range : undefined;
}

/** The first start or end of a range after a time, or Infinity. */
function nextEdgeUs(ranges: readonly IonRangeLine[], atUs: number): number {
  const range = ranges[firstEndingAfter(ranges, atUs)];
  if (range === undefined) return Infinity;
  return range.startUs > atUs ? range.startUs : range.endUs;
}

function firstEndingAfter(ranges: readonly IonRangeLine[], atUs: number): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as IonRangeLine).endUs > atUs) high = middle;
    else low = middle + 1;
  }
  return low;
}
