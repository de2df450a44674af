/**
 * The satellites with their roles and the traffic of each link: the constellation's grid of planes and positions, or a circle
 * where a contact plan says nothing of places.
 */
import type { JobReport } from '../report.js';
import type { PlannedContact } from './contact-gantt.js';
import { escapeHtml, px } from './markup.js';
import type { History } from './run-history.js';
import type { SatelliteNames } from './satellite-names.js';
import { CHART_WIDTH } from './time-axis.js';
import { count, plural } from './words.js';

/** Satellites that are drawn one by one. */
export const MAX_MAP_NODES = 2_500;

/** Steps of heat, 0 for a link that carried nothing. */
export const HEAT_STEPS = 6;

/** What the slider needs to colour the links of one moment. */
export interface MapData {
  readonly bucketSeconds: number;
  readonly buckets: number;
  /** Most transmissions of a link over the whole run, and in one bucket. */
  readonly mostInAll: number;
  readonly mostInBucket: number;
  readonly links: readonly {
    readonly id: string;
    readonly all: number;
    /** Bucket and count, one after the other. */
    readonly over: readonly number[];
    /** Buckets during which the link was down at least half of the time, as pairs of first and last. */
    readonly down: readonly number[];
  }[];
}

interface Grid {
  readonly planes: number;
  readonly satellitesPerPlane: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Layout {
  readonly height: number;
  readonly radius: number;
  readonly showLabels: boolean;
  readonly axes: string;
  place(node: number): Point;
  /** Path of a link. */
  path(a: number, b: number): string;
}

interface MapLink {
  readonly a: number;
  readonly b: number;
  sent: number;
  again: number;
  readonly over: Map<number, number>;
  readonly spans: { start: number; end: number }[];
}

/** The drawing and the data of its slider. */
export function linkMap(
  history: History,
  planned: readonly PlannedContact[],
  grid: Grid | undefined,
  jobs: readonly JobReport[],
  names: SatelliteNames,
  endSeconds: number,
): { readonly svg: string; readonly data: MapData } {
  const links = undirected(history, planned, endSeconds);
  // Node numbers of a plan file may lie far apart: then the satellites that there are stand in a circle.
  const shape = grid !== undefined && grid.planes * grid.satellitesPerPlane <= MAX_MAP_NODES ? grid : undefined;
  const nodes = nodesOf(links, shape, jobs, names);
  const buckets = Math.max(1, Math.min(64, Math.ceil(endSeconds / history.bucketSeconds - 1e-9)));
  const isSeen = history.links.some((link) => link.contacts.length > 0);
  const data = mapData(links, history.bucketSeconds, buckets, isSeen);
  if (nodes.length > MAX_MAP_NODES) {
    const svg = `<p class="note">${count(nodes.length)} satellites are too many to draw; the page draws up to ${count(MAX_MAP_NODES)}.</p>`;
    return { svg, data: { ...data, links: [] } };
  }
  if (nodes.length === 0) return { svg: '<p class="note">No satellites were recorded.</p>', data };
  const layout = shape === undefined ? circleLayout(nodes) : gridLayout(shape, names);
  const lines = data.links.map((entry, i) => {
    const link = links[i]!;
    const words = `${names.label(link.a)} and ${names.label(link.b)}: ${plural(link.sent, 'transmission')}, ${count(link.again)} of them again`;
    const isDown = link.sent === 0 && entry.down[0] === 0 && entry.down[1] === buckets - 1;
    const kind = isDown ? 'is-down' : `h${heat(link.sent, data.mostInAll)}`;
    return `<path id="${entry.id}" class="${kind}" d="${layout.path(link.a, link.b)}"><title>${escapeHtml(words)}</title></path>`;
  });
  const roles = rolesOf(jobs, names);
  const marks = nodes.map((node) => mark(node, roles.get(node) ?? [], layout, names));
  const svg = `<div class="scroll"><svg class="map" viewBox="0 0 ${CHART_WIDTH} ${px(layout.height)}" role="img" aria-label="Satellites, their roles and the traffic between them">
${layout.axes}<g class="links">${lines.join('')}</g><g class="nodes">${marks.join('')}</g></svg></div>`;
  return { svg, data };
}

/** The step of heat of a count, on a logarithmic scale. */
export function heat(sent: number, most: number): number {
  if (sent <= 0) return 0;
  return Math.min(
    HEAT_STEPS - 1,
    1 + Math.floor((HEAT_STEPS - 1.001) * (Math.log(sent + 1) / Math.log(most + 1)) ** 2),
  );
}

function undirected(history: History, planned: readonly PlannedContact[], endSeconds: number): MapLink[] {
  const links = new Map<string, MapLink>();
  const linkOf = (from: number, to: number) => {
    const [a, b] = from < to ? [from, to] : [to, from];
    let link = links.get(`${a}-${b}`);
    if (link === undefined) {
      link = { a, b, sent: 0, again: 0, over: new Map(), spans: [] };
      links.set(`${a}-${b}`, link);
    }
    return link;
  };
  for (const from of history.links) {
    if (from.to === 0) continue;
    const link = linkOf(from.from, from.to);
    link.sent += from.sent;
    link.again += from.again;
    for (const [bucket, sent] of from.sentOverTime) link.over.set(bucket, (link.over.get(bucket) ?? 0) + sent);
    for (const span of from.contacts) link.spans.push({ start: span.startSeconds, end: span.endSeconds ?? endSeconds });
  }
  for (const contact of planned) linkOf(contact.from, contact.to);
  return [...links.values()].sort((x, y) => x.a - y.a || x.b - y.b);
}

function nodesOf(
  links: readonly MapLink[],
  grid: Grid | undefined,
  jobs: readonly JobReport[],
  names: SatelliteNames,
): number[] {
  if (grid !== undefined) return Array.from({ length: grid.planes * grid.satellitesPerPlane }, (_, i) => i + 1);
  return [...new Set([...links.flatMap((link) => [link.a, link.b]), ...rolesOf(jobs, names).keys()])].sort(
    (x, y) => x - y,
  );
}

function mapData(links: readonly MapLink[], bucketSeconds: number, buckets: number, isSeen: boolean): MapData {
  return {
    bucketSeconds,
    buckets,
    mostInAll: Math.max(1, ...links.map((link) => link.sent)),
    mostInBucket: links.reduce((most, link) => Math.max(most, ...link.over.values()), 1),
    links: links.map((link) => ({
      id: `l${link.a}-${link.b}`,
      all: link.sent,
      over: [...link.over].sort((x, y) => x[0] - y[0]).flat(),
      down: isSeen ? downBuckets(link.spans, bucketSeconds, buckets) : [],
    })),
  };
}

function downBuckets(spans: MapLink['spans'], bucketSeconds: number, buckets: number): number[] {
  const up = new Array<number>(buckets).fill(0);
  for (const { start, end } of spans) {
    for (let i = Math.floor(start / bucketSeconds); i < buckets && i * bucketSeconds < end; i++) {
      const share = Math.min(end, (i + 1) * bucketSeconds) - Math.max(start, i * bucketSeconds);
      up[i] = Math.max(up[i]!, share / bucketSeconds);
    }
  }
  const pairs: number[] = [];
  up.forEach((share, i) => {
    if (share >= 0.5) return;
    if (pairs.at(-1) === i - 1) pairs[pairs.length - 1] = i;
    else pairs.push(i, i);
  });
  return pairs;
}

function gridLayout({ planes, satellitesPerPlane }: Grid, names: SatelliteNames): Layout {
  const left = 60;
  const top = 58;
  const spacingX = Math.min(92, (CHART_WIDTH - left - 40) / Math.max(1, planes - 1 || 1));
  const spacingY = Math.min(56, Math.max(20, spacingX * 0.72));
  const used = spacingX * (planes - 1);
  const start = left + (CHART_WIDTH - left - 40 - used) / 2;
  const place = (node: number) => {
    const [sat, orb] = names.place(node);
    return { x: start + spacingX * (orb - 1), y: top + spacingY * (sat - 1) };
  };
  const radius = Math.max(4, Math.min(13, spacingY * 0.3));
  const every = Math.max(1, Math.ceil(planes / 24));
  const axes = [
    ...Array.from({ length: planes }, (_, i) =>
      i % every === 0
        ? `<text class="tick" x="${px(start + spacingX * i)}" y="16" text-anchor="middle">${i === 0 ? 'orb ' : ''}${i + 1}</text>`
        : '',
    ),
    ...Array.from(
      { length: satellitesPerPlane },
      (_, i) =>
        `<text class="tick" x="${px(start - 26)}" y="${px(top + spacingY * i + 4)}" text-anchor="end">${i === 0 ? 'sat ' : ''}${i + 1}</text>`,
    ),
  ].join('');
  return {
    height: top + spacingY * (satellitesPerPlane - 1) + 34,
    radius,
    showLabels: radius >= 8,
    axes,
    place,
    path(a, b) {
      const [satA, orbA] = names.place(a);
      const [satB, orbB] = names.place(b);
      const [from, to] = [place(a), place(b)];
      // A link around the edge of the grid is two stubs, one at each end.
      if (orbA === orbB && Math.abs(satA - satB) > 1)
        return stubs(from, to, { x: 0, y: spacingY * 0.42 }, from.y < to.y);
      if (Math.abs(orbA - orbB) > 1) return stubs(from, to, { x: spacingX * 0.32, y: 0 }, from.x < to.x);
      return `M${px(from.x)} ${px(from.y)}L${px(to.x)} ${px(to.y)}`;
    },
  };
}

function stubs(from: Point, to: Point, offset: Point, isForward: boolean): string {
  const sign = isForward ? -1 : 1;
  return (
    `M${px(from.x)} ${px(from.y)}L${px(from.x + sign * offset.x)} ${px(from.y + sign * offset.y)}` +
    `M${px(to.x)} ${px(to.y)}L${px(to.x - sign * offset.x)} ${px(to.y - sign * offset.y)}`
  );
}

function circleLayout(nodes: readonly number[]): Layout {
  const size = Math.min(900, Math.max(340, nodes.length * 12));
  const centre = { x: CHART_WIDTH / 2, y: size / 2 + 20 };
  const order = new Map(nodes.map((node, i) => [node, i]));
  const place = (node: number) => {
    const angle = (2 * Math.PI * (order.get(node) ?? 0)) / nodes.length - Math.PI / 2;
    return { x: centre.x + (size / 2 - 30) * Math.cos(angle), y: centre.y + (size / 2 - 30) * Math.sin(angle) };
  };
  return {
    height: size + 40,
    radius: nodes.length > 80 ? 6 : 14,
    showLabels: nodes.length <= 80,
    axes: '',
    place,
    path(a, b) {
      const [from, to] = [place(a), place(b)];
      const bend = {
        x: (from.x + to.x) / 2 + (centre.x - (from.x + to.x) / 2) * 0.2,
        y: (from.y + to.y) / 2 + (centre.y - (from.y + to.y) / 2) * 0.2,
      };
      return `M${px(from.x)} ${px(from.y)}Q${px(bend.x)} ${px(bend.y)} ${px(to.x)} ${px(to.y)}`;
    },
  };
}

type Role = 'LOS' | 'collector' | 'mapper' | 'reducer';

function rolesOf(jobs: readonly JobReport[], names: SatelliteNames): Map<number, Role[]> {
  const roles = new Map<number, Role[]>();
  const add = (name: Parameters<SatelliteNames['node']>[0], role: Role) => {
    const node = names.node(name);
    const before = roles.get(node) ?? [];
    if (!before.includes(role)) roles.set(node, [...before, role]);
  };
  for (const job of jobs) {
    add(job.los, 'LOS');
    if (job.reducer !== null) add(job.reducer, 'reducer');
    for (const collector of job.collectors) add(collector, 'collector');
    for (const mapper of job.mappers) add(mapper, 'mapper');
  }
  return roles;
}

function mark(node: number, roles: readonly Role[], layout: Layout, names: SatelliteNames): string {
  const { x, y } = layout.place(node);
  const [first] = roles;
  const letters = roles.map((role) => role.charAt(0).toUpperCase()).join('');
  const r = first === undefined ? layout.radius * 0.62 : layout.radius;
  const words = `${names.label(node)}, node ${node}${roles.length === 0 ? '' : `: ${roles.join(', ')}`}`;
  const text = layout.showLabels
    ? first === undefined && names.satellitesPerPlane === undefined
      ? String(node)
      : letters
    : '';
  // Capitals are at most 0.9 of the font size wide; a style, since the page's own rule for text goes before an attribute.
  const size = Math.min(11, (1.8 * layout.radius) / (0.9 * text.length));
  const label =
    text === ''
      ? ''
      : `<text x="${px(x)}" y="${px(y + size * 0.36)}" style="font-size:${px(size)}px" text-anchor="middle">${escapeHtml(text)}</text>`;
  const kind = first === undefined ? 'plain' : `is-${first.toLowerCase()}`;
  return `<g class="${kind}"><title>${escapeHtml(words)}</title><circle cx="${px(x)}" cy="${px(y)}" r="${px(names.satellitesPerPlane === undefined ? layout.radius : r)}"/>${label}</g>`;
}
