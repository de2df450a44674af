/** Small constellations for a soak: who is linked to whom, and a contact plan that is poor until the time of healing and good after it. */
import type { Random } from '../base/random.js';
import { secondsToUs } from '../base/time.js';
import type { Contact } from '../routing/index.js';
import { between, pick } from './draw.js';
import type { SoakProfile } from './profiles.js';

/** A network and its times, all in whole seconds. */
export interface SoakNetwork {
  /** Node numbers from 1. */
  readonly nodes: readonly number[];
  readonly contacts: readonly Contact[];
  /** From then on nothing goes wrong any more. */
  readonly healSeconds: number;
  /** When the last contact ends: late enough that everything can have arrived. */
  readonly endSeconds: number;
  /** The lowest rate of a contact, in bytes per second. */
  readonly leastRate: number;
}

/** The time after the healing: the longest that custody waits and keeps away from a neighbour, several times over. */
const HEALED_SECONDS = 6_000;

/** Links beyond this many make periodic contacts after the healing too many for a quick run. */
const MAX_PERIODIC_LINKS = 16;

const MIN_NODES = 3;
const MAX_NODES = 14;

/** The shortest contact that recurs, in seconds: with {@link leastRate} it takes the largest bundle several times. */
const MIN_CONTACT_SECONDS = 10;

/** One direction. */
interface Link {
  readonly from: number;
  readonly to: number;
}

/** Draws a network. After its healing every node can reach every other one, over relays where need be. */
export function drawNetwork(random: Random, profile: SoakProfile): SoakNetwork {
  // Small networks are more frequent: they run fast, and their failures are easy to read.
  const count = MIN_NODES + Math.min(random.below(MAX_NODES - MIN_NODES + 1), random.below(MAX_NODES - MIN_NODES + 1));
  const nodes = Array.from({ length: count }, (_, at) => at + 1);
  const links = linksOver(random, nodes);
  const healSeconds = between(random, 60, profile.healSecondsUpTo);
  const endSeconds = healSeconds + HEALED_SECONDS;
  const rates = [2_000, 10_000, 50_000, 250_000, 1_000_000].slice(random.below(3));
  const sparse = random.chance(0.5);
  const isSteadyAfter = links.length > MAX_PERIODIC_LINKS || random.chance(0.75);
  const contacts: Contact[] = [];
  for (const group of pairsOf(links)) {
    const windows = [
      ...windowsBefore(random, healSeconds, sparse),
      ...windowsAfter(random, healSeconds, endSeconds, isSteadyAfter),
    ];
    const owltUs = secondsToUs(pick(random, [0, 0, 0, 1, 1, 2, 5]));
    const rateBytesPerSecond = pick(random, rates);
    for (const { from, to } of group) {
      for (const [start, end] of windows) {
        // Directions differ now and then, so that the answer has to wait or to take another way.
        if (start < healSeconds && group.length > 1 && random.chance(0.1)) continue;
        contacts.push({ from, to, startUs: secondsToUs(start), endUs: secondsToUs(end), rateBytesPerSecond, owltUs });
      }
    }
  }
  return { nodes, contacts, healSeconds, endSeconds, leastRate: rates[0] as number };
}

/** Links over which everybody reaches everybody. */
function linksOver(random: Random, nodes: readonly number[]): Link[] {
  const order = random.shuffled(nodes);
  const both = (from: number, to: number): Link[] => [
    { from, to },
    { from: to, to: from },
  ];
  const shape = pick(random, ['ring', 'line', 'tree', 'star', 'mesh', 'one-way-ring', 'one-way-chords'] as const);
  const along = order.slice(1).map((node, at): Link => ({ from: order[at] as number, to: node }));
  const closing: Link = { from: order[order.length - 1] as number, to: order[0] as number };
  const tree = () => order.slice(1).flatMap((node, at) => both(pick(random, order.slice(0, at + 1)), node));
  switch (shape) {
    case 'ring':
      return [...along, closing].flatMap(({ from, to }) => both(from, to));
    case 'line':
      return along.flatMap(({ from, to }) => both(from, to));
    case 'tree':
      return tree();
    case 'star':
      return order.slice(1).flatMap((node) => both(order[0] as number, node));
    case 'mesh':
      return withChords(random, order, tree(), both);
    case 'one-way-ring':
      return [...along, closing];
    case 'one-way-chords':
      return withChords(random, order, tree(), (from, to) => [{ from, to }]);
  }
}

/** Further links between nodes that have none, about half as many as there are nodes. */
function withChords(
  random: Random,
  order: readonly number[],
  links: readonly Link[],
  chord: (from: number, to: number) => Link[],
): Link[] {
  const all = [...links];
  for (let i = 0; i < order.length / 2; i++) {
    const [from, to] = [pick(random, order), pick(random, order)];
    const isKnown = all.some(
      (link) => (link.from === from && link.to === to) || (link.from === to && link.to === from),
    );
    if (from !== to && !isKnown) all.push(...chord(from, to));
  }
  return all;
}

/** The links in groups of one pair of nodes each, in order. */
function pairsOf(links: readonly Link[]): Link[][] {
  const groups = new Map<string, Link[]>();
  for (const link of links) {
    const key = `${Math.min(link.from, link.to)} ${Math.max(link.from, link.to)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [link]);
    else group.push(link);
  }
  return [...groups.values()];
}

type Window = readonly [start: number, end: number];

function windowsBefore(random: Random, heal: number, sparse: boolean): Window[] {
  const kind = pick(random, sparse ? (['random', 'periodic', 'never'] as const) : (['always', 'periodic'] as const));
  switch (kind) {
    case 'always':
      return [[0, heal]];
    case 'periodic': {
      const period = between(random, 2 * MIN_CONTACT_SECONDS, 60);
      return periodic(random.below(period), heal, period, between(random, MIN_CONTACT_SECONDS, period));
    }
    case 'random': {
      const windows: Window[] = [];
      for (let at = random.below(40); at < heal; at += between(random, 5, 60)) {
        const end = Math.min(heal, at + between(random, 2, 30));
        if (end > at) windows.push([at, end]);
        at = end;
      }
      return windows;
    }
    case 'never':
      return [];
  }
}

function windowsAfter(random: Random, heal: number, end: number, isSteady: boolean): Window[] {
  if (isSteady) return [[heal, end]];
  const period = between(random, 60, 240);
  return periodic(heal + random.below(period), end, period, between(random, 2 * MIN_CONTACT_SECONDS, period));
}

function periodic(first: number, end: number, period: number, length: number): Window[] {
  const windows: Window[] = [];
  for (let at = first; at < end; at += period) windows.push([at, Math.min(end, at + length)]);
  return windows;
}
