/**
 * A contact plan as rows over time, the Gantt chart that `leodtn plan show` draws: which rows there are, what stands in them and which
 * are left out. How a row looks on a terminal or in a picture is told elsewhere.
 */
import type { PlanContact, PlanDocument, PlanNames } from '../../routing/index.js';

/** What a row stands for: a pair of nodes in one direction, or in both where their contacts are alike; or one node. */
export type ChartRowKind = 'pairs' | 'nodes';

/** Which part of a plan is drawn. */
export interface ChartChoice {
  readonly rows: ChartRowKind;
  /** Node numbers: only rows that one of them has part in; undefined for all. */
  readonly nodes?: ReadonlySet<number> | undefined;
  /** Defaults to the first start of a contact. */
  readonly fromUs?: number | undefined;
  /** Defaults to the last end of a contact. */
  readonly untilUs?: number | undefined;
  /** The most rows. */
  readonly maxRows: number;
}

/** A row of the chart. */
export interface ChartRow {
  /** `a -> b`, `a <-> b` or the name of a node. */
  readonly label: string;
  /** Whether the row is of a pair in both directions. */
  readonly isTwoWay: boolean;
  /** Those that touch the time drawn, by start; contacts of an instant too. */
  readonly contacts: readonly PlanContact[];
}

/** What is to be drawn. */
export interface Chart {
  readonly kind: ChartRowKind;
  readonly fromUs: number;
  /** After `fromUs`. */
  readonly untilUs: number;
  /** By node numbers. */
  readonly rows: readonly ChartRow[];
  /** Rows that were chosen but found no room. */
  readonly leftOut: number;
}

/** Lays a plan out. A row without a contact in the time drawn is none. */
export function chartOf(document: PlanDocument, names: PlanNames, choice: ChartChoice): Chart {
  const { contacts } = document;
  const fromUs = choice.fromUs ?? contacts.reduce((least, { startUs }) => Math.min(least, startUs), Infinity);
  const untilUs = choice.untilUs ?? contacts.reduce((most, { endUs }) => Math.max(most, endUs), 0);
  const isChosen = ({ from, to, startUs, endUs }: PlanContact) =>
    startUs <= untilUs &&
    endUs >= fromUs &&
    (choice.nodes === undefined || choice.nodes.has(from) || choice.nodes.has(to));
  const chosen = contacts.filter(isChosen).sort((a, b) => a.startUs - b.startUs || a.endUs - b.endUs);
  const rows = choice.rows === 'pairs' ? pairRows(chosen, names) : nodeRows(chosen, names, choice.nodes);
  return {
    kind: choice.rows,
    fromUs: fromUs === Infinity ? 0 : fromUs,
    untilUs: Math.max(untilUs, (fromUs === Infinity ? 0 : fromUs) + 1),
    rows: rows.slice(0, choice.maxRows),
    leftOut: Math.max(0, rows.length - choice.maxRows),
  };
}

/** The times of a row when at least one contact is open: ascending, and none touches the next. */
export function openSpans(row: ChartRow): { startUs: number; endUs: number }[] {
  const spans: { startUs: number; endUs: number }[] = [];
  for (const { startUs, endUs } of row.contacts) {
    const last = spans.at(-1);
    if (last !== undefined && startUs <= last.endUs) last.endUs = Math.max(last.endUs, endUs);
    else spans.push({ startUs, endUs });
  }
  return spans;
}

/** Times for the marks of an axis, at whole multiples of a step that people count in; at most `most` of them. */
export function axisTicks(fromUs: number, untilUs: number, most: number): number[] {
  const stepUs = tickStepUs((untilUs - fromUs) / Math.max(1, most));
  const ticks: number[] = [];
  for (let us = Math.ceil(fromUs / stepUs) * stepUs; us <= untilUs; us += stepUs) ticks.push(us);
  return ticks;
}

const TICK_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** The first step of at least `leastUs`: 1, 2 or 5 times a power of ten below a second, days times such above a day. */
function tickStepUs(leastUs: number): number {
  const known = TICK_SECONDS.find((seconds) => seconds * 1e6 >= leastUs);
  if (known !== undefined && leastUs > 500_000) return known * 1e6;
  const unitUs = leastUs > 500_000 ? 86_400e6 : 1;
  for (let powerUs = unitUs; ; powerUs *= 10) {
    for (const factor of [1, 2, 5]) if (factor * powerUs >= leastUs) return factor * powerUs;
  }
}

function pairRows(contacts: readonly PlanContact[], names: PlanNames): ChartRow[] {
  const pairs = new Map<string, PlanContact[]>();
  for (const contact of contacts) {
    const key = `${contact.from} ${contact.to}`;
    const list = pairs.get(key);
    if (list === undefined) pairs.set(key, [contact]);
    else list.push(contact);
  }
  const rows: (ChartRow & { from: number; to: number })[] = [];
  for (const list of pairs.values()) {
    const { from, to } = list[0]!;
    const back = pairs.get(`${to} ${from}`);
    const isTwoWay = back !== undefined && areAlike(list, back);
    if (isTwoWay && from > to) continue;
    const label = `${names.labelOf(from)} ${isTwoWay ? '<->' : '->'} ${names.labelOf(to)}`;
    const all = isTwoWay ? [...list, ...back].sort((a, b) => a.startUs - b.startUs) : list;
    rows.push({ label, isTwoWay, contacts: all, from, to });
  }
  return rows.sort((a, b) => a.from - b.from || a.to - b.to);
}

function areAlike(there: readonly PlanContact[], back: readonly PlanContact[]): boolean {
  return (
    there.length === back.length &&
    there.every(({ startUs, endUs }, i) => startUs === back[i]!.startUs && endUs === back[i]!.endUs)
  );
}

function nodeRows(
  contacts: readonly PlanContact[],
  names: PlanNames,
  chosen: ReadonlySet<number> | undefined,
): ChartRow[] {
  const nodes = new Map<number, PlanContact[]>();
  for (const contact of contacts) {
    for (const node of [contact.from, contact.to]) {
      if (chosen !== undefined && !chosen.has(node)) continue;
      const list = nodes.get(node);
      if (list === undefined) nodes.set(node, [contact]);
      else list.push(contact);
    }
  }
  return [...nodes]
    .sort(([a], [b]) => a - b)
    .map(([node, list]) => ({ label: String(names.labelOf(node)), isTwoWay: false, contacts: list }));
}
