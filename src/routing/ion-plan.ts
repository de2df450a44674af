/**
 * Contact plans in the text form of ION's ionrc files, read and written.
 *
 *   a contact START END FROM TO RATE [CONFIDENCE]   bytes per second
 *   a range START END FROM TO OWLT                  light seconds
 *   @ TIME                                          moves the reference time
 *   m horizon ...                                   ignored
 *
 * TIME is relative (`+90`, to the reference time) or absolute (`2026/06/15-00:00:00`, UTC); seconds may have a fraction of down
 * to a microsecond. The plan's axis begins at the first absolute `@` line; without one at the earliest absolute time of a
 * contact or range; without any absolute time where the file's relative times begin. Until an `@` line comes, the reference
 * time is the axis' beginning. `@ +N` moves the reference by N seconds from where it stands.
 *
 * A range holds for both directions when FROM < TO, except where a range of the reverse direction is given for the time. A
 * contact is cut where its light time changes; what lies outside every range cannot be used and is reported as a warning.
 */
import { UsageError } from '../base/errors.js';
import { type Contact, ContactPlan } from './contact-plan.js';
import { type IonContactLine, IonLines, type IonRangeLine } from './ion-lines.js';

/** Something in a plan file that has no effect. */
export interface PlanWarning {
  /** 1-based. */
  readonly line: number;
  readonly message: string;
}

/** What a plan file holds. */
export interface ParsedPlan {
  readonly plan: ContactPlan;
  readonly warnings: readonly PlanWarning[];
}

/**
 * Reads a plan. Throws an InputFileError with line, column, field and what was expected for a line of another kind, a bad
 * number or time, a node number out of range, an end that is not after its start, a time before the axis, a rate of 0, and contacts of one direction or
 * ranges of one direction that overlap.
 */
export function parseIonPlan(text: string, file: string): ParsedPlan {
  const lines = new IonLines(text, file);
  const warnings: PlanWarning[] = [];
  const ranges = byPair(lines.ranges, lines, warnings);
  const contacts: Contact[] = [];
  for (const group of byPair(lines.contacts, lines, warnings).values()) {
    for (const contact of group) appendPieces(contact, ranges, contacts, warnings);
  }
  warnings.sort((a, b) => a.line - b.line);
  return { plan: new ContactPlan(contacts), warnings };
}

/**
 * Writes a plan; reading it back gives an equal plan. Every contact gets a range of its own.
 * Throws a UsageError `overlapping-contacts` where contacts of one direction overlap, which the form cannot say.
 */
export function formatIonPlan(plan: ContactPlan): string {
  const lastEndUs = new Map<string, number>();
  let text = '';
  for (const contact of plan.contacts) {
    const pair = `${contact.from} ${contact.to}`;
    if (contact.startUs < (lastEndUs.get(pair) ?? 0)) {
      throw new UsageError(
        'overlapping-contacts',
        `contacts from ${contact.from} to ${contact.to} overlap: ION text cannot say that`,
      );
    }
    lastEndUs.set(pair, contact.endUs);
    const window = `+${seconds(contact.startUs)} +${seconds(contact.endUs)} ${pair}`;
    text += `a range ${window} ${seconds(contact.owltUs)}\na contact ${window} ${contact.rateBytesPerSecond}\n`;
  }
  return text;
}

/** Decimal seconds of whole microseconds, without loss. */
function seconds(us: number): string {
  const fraction = us % 1_000_000;
  const whole = (us - fraction) / 1_000_000;
  return fraction === 0 ? String(whole) : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

/** Lines by direction, each group sorted by start. Loopbacks are left out with a warning; overlaps throw. */
function byPair<T extends IonContactLine | IonRangeLine>(
  all: readonly T[],
  lines: IonLines,
  warnings: PlanWarning[],
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of all) {
    if (item.from === item.to) {
      warnings.push({ line: item.line, message: `node ${item.from} to itself: ignored` });
      continue;
    }
    const pair = `${item.from} ${item.to}`;
    const group = groups.get(pair);
    if (group === undefined) groups.set(pair, [item]);
    else group.push(item);
  }
  for (const group of groups.values()) {
    group.sort((a, b) => a.startUs - b.startUs || a.line - b.line);
    for (let i = 1; i < group.length; i++) {
      const before = group[i - 1] as T;
      const after = group[i] as T;
      if (after.startUs >= before.endUs) continue;
      const later = after.line > before.line ? after : before;
      const other = later === after ? before : after;
      throw lines.error(
        later.line,
        'start',
        `overlaps the ${later.kind} from ${later.from} to ${later.to} of line ${other.line}; expected ${later.kind}s of one direction not to overlap`,
      );
    }
  }
  return groups;
}

/** Adds the pieces of a contact that lie in ranges, each with its light time. */
function appendPieces(
  contact: IonContactLine,
  ranges: ReadonlyMap<string, readonly IonRangeLine[]>,
  contacts: Contact[],
  warnings: PlanWarning[],
): void {
  const { from, to, rateBytesPerSecond } = contact;
  const own = ranges.get(`${from} ${to}`) ?? [];
  const mirrored = from > to ? (ranges.get(`${to} ${from}`) ?? []) : [];
  let piece: { startUs: number; endUs: number; owltUs: number } | undefined;
  let coveredUs = 0;
  for (let atUs = contact.startUs; atUs < contact.endUs; ) {
    const range = holding(own, atUs) ?? holding(mirrored, atUs);
    const untilUs = Math.min(contact.endUs, nextEdgeUs(own, atUs), nextEdgeUs(mirrored, atUs));
    if (range !== undefined) {
      coveredUs += untilUs - atUs;
      if (piece !== undefined && piece.endUs === atUs && piece.owltUs === range.owltUs) piece.endUs = untilUs;
      else {
        if (piece !== undefined) contacts.push({ from, to, rateBytesPerSecond, ...piece });
        piece = { startUs: atUs, endUs: untilUs, owltUs: range.owltUs };
      }
    }
    atUs = untilUs;
  }
  if (piece !== undefined) contacts.push({ from, to, rateBytesPerSecond, ...piece });
  if (coveredUs === contact.endUs - contact.startUs) return;
  const part =
    coveredUs === 0 ? 'the contact' : `${seconds(contact.endUs - contact.startUs - coveredUs)} s of the contact`;
  warnings.push({ line: contact.line, message: `no range covers ${part} from ${from} to ${to}: not usable` });
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
