/** Routes for a terminal: a head line with the four keys, and a table of the contacts. */
import { formatSeconds } from '../../plans/index.js';
import type { Route } from '../../routing/index.js';
import { timeWords } from '../plan/time.js';
import { bytes, plural, printable, type Style } from '../style.js';
import type { Asked } from './asked.js';
import type { Explanation } from './explain.js';
import { type Hop, hopsOf, pairWords } from './hops.js';
import { limitHop } from './json.js';

/** One route: where it arrives, and hop by hop. `label` begins it, such as `Route 1`. */
export function routeText(label: string, route: Route, asked: Asked, style: Style): string {
  const { names, epochUnixUs } = asked;
  const arrival = `arrives at ${timeWords(route.arrivalUs, epochUnixUs)}`;
  if (route.hops === 0) return `${style.bold(label)}: ${arrival}, no hop: the bundle is there already\n`;
  const limit = limitHop(route, asked);
  const room = limit === undefined ? 'no limit on volume' : `room for ${plural(limit.volumeBytes, 'byte')}`;
  const termination = `terminates at ${timeWords(route.terminationUs, epochUnixUs)}`;
  const entry = `entry node ${printable(String(names.labelOf(route.entryNode)))}`;
  const head = `${style.bold(label)}: ${arrival}, ${plural(route.hops, 'hop')}, ${termination}, ${entry}, ${room}`;
  const rows = hopsOf(route, asked).map(({ contact, departureUs, arrivalUs }, i) => [
    printable(pairWords(contact, asked)),
    `${formatSeconds(contact.startUs)} to ${formatSeconds(contact.endUs)}`,
    rateWords(contact.rateBytesPerSecond),
    formatSeconds(contact.owltUs),
    formatSeconds(departureUs),
    formatSeconds(arrivalUs),
    limit?.hop === i ? 'limits the volume' : '',
  ]);
  return `${head}\n${table(['contact', 'open', 'rate', 'light time', 'leaves', 'arrives', ''], rows)}\n`;
}

/** Where the time of a route goes. */
export function timelineText(route: Route, asked: Asked): string {
  if (route.hops === 0) return '';
  const lines = hopsOf(route, asked).map((hop, i) => `  hop ${i + 1}: ${hopWords(hop, asked)}`);
  return `Where its time goes\n${lines.join('\n')}\n`;
}

/** The other ways, and what is against each. */
export function explanationText(explanation: Explanation, asked: Asked): string {
  const { alternatives, moreNeighbours, closedNeighbours, moreClosed } = explanation;
  const { names } = asked;
  const lines = alternatives.map(({ route, reason }) => {
    const nodes = [asked.query.from, ...route.contacts.map((index) => asked.graph.plan.contacts[index]!.to)];
    const way = nodes.map((node) => names.labelOf(node)).join(' -> ');
    return `  ${printable(way)}, arriving at ${formatSeconds(route.arrivalUs)} s: ${printable(reason)}`;
  });
  const closed = closedNeighbours.map(
    ({ node, reason }) => `  by ${printable(String(names.labelOf(node)))}: no route: ${printable(reason)}`,
  );
  if (moreNeighbours > 0) {
    lines.push(`  and routes by ${plural(moreNeighbours, 'other neighbour')}; --per-neighbour lists them all`);
  }
  const more = moreClosed === 0 ? [] : [`  and ${plural(moreClosed, 'other neighbour')} without a route`];
  const all = [...lines, ...closed, ...more];
  return `What else there is\n${all.length === 0 ? '  nothing: every other way is closed' : all.join('\n')}\n`;
}

function hopWords(hop: Hop, asked: Asked): string {
  const { contact, readyUs, waitUs, departureUs, transmissionUs, lightUs, arrivalUs } = hop;
  const parts = [`${printable(pairWords(contact, asked))}, ready at ${formatSeconds(readyUs)} s`];
  if (waitUs > 0) {
    parts.push(`waits ${formatSeconds(waitUs)} s until the contact opens at ${formatSeconds(departureUs)} s`);
  }
  parts.push(`${formatSeconds(transmissionUs)} s in transmission`, `${formatSeconds(lightUs)} s of light time`);
  return `${parts.join(', ')}, arrives at ${formatSeconds(arrivalUs)} s`;
}

function rateWords(rateBytesPerSecond: number): string {
  return rateBytesPerSecond === Infinity ? 'no limit' : `${bytes(rateBytesPerSecond)}/s`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((head, i) => Math.max(head.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd();
  return [heads, ...rows].map(line).join('\n');
}
