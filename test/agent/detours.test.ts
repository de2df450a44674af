/** Routes past contacts that neighbours say are full: what is heeded, what the next nodes are told, and that nothing is stopped by it. */
import { describe, expect, it } from 'vitest';
import { decodeAvoidance } from '../../src/agent/avoidance.js';
import type { BundleRecord } from '../../src/agent/bundle-record.js';
import { type AgentConfig, defaultAgentConfig } from '../../src/agent/index.js';
import { encodeLoads } from '../../src/agent/load-notice.js';
import { NeighbourLoads } from '../../src/agent/neighbour-loads.js';
import { outgoingBundle } from '../../src/agent/outbound.js';
import { PRIORITY } from '../../src/agent/priority.js';
import { type ChosenRoute, RouteChoice } from '../../src/agent/route-choice.js';
import { newLocalRecord } from '../../src/agent/sourcing.js';
import { type Contact, ContactGraph, ContactPlan, RouteTable } from '../../src/routing/index.js';

const S = 1_000_000;
const NOW = { monotonicUs: 0, dtnTimeMs: 852_076_800_000 };
const contact = (from: number, to: number, start: number, end: number, rate = 1_000): Contact => ({
  from,
  to,
  startUs: start * S,
  endUs: end * S,
  rateBytesPerSecond: rate,
  owltUs: 0,
});
/** From 1 to 9 over relay 4, which gets there at 100 s, or over relay 5, at 200 s. */
const RELAYS = [
  contact(1, 4, 50, 60, 1e6),
  contact(1, 5, 50, 60, 1e6),
  contact(4, 9, 100, 110),
  contact(5, 9, 200, 210),
];

function choiceOver(contacts: Contact[], change: Partial<AgentConfig> = {}) {
  const config = { ...defaultAgentConfig(1), ...change };
  const graph = new ContactGraph(new ContactPlan(contacts));
  const loads = new NeighbourLoads(graph);
  const choice = new RouteChoice({ config, graph, routes: new RouteTable(graph), loads, linkTo: () => undefined });
  const record = newLocalRecord(
    {
      destinationNode: 9,
      destinationService: 2,
      sourceService: 2,
      payload: new Uint8Array(500),
      lifetimeMs: 1_000_000,
      custody: false,
      priority: PRIORITY.standard,
    },
    config,
    0,
    NOW,
  );
  const tell = (teller: number, startsInMs: number, bytes: number) =>
    loads.hear(encodeLoads(teller, [{ to: 9, startsInMs, takenBytes: [bytes, bytes, 0, 0] }]), teller, 0);
  const entry = () => (choice.choose(record, 0) as ChosenRoute).route.entryNode;
  return { config, choice, record, tell, entry };
}

/** What the block that the next node gets says. */
function toldOn(record: BundleRecord, config: AgentConfig) {
  const block = outgoingBundle(record, config, NOW, 0).blocks.find(({ type }) => type === 240);
  return block?.data === undefined ? [] : decodeAvoidance(block.data, 0);
}

describe('a route', () => {
  it('goes by the plan while nothing else is heard', () => {
    const { record, config, entry } = choiceOver(RELAYS);
    expect(entry()).toBe(4);
    expect(toldOn(record, config)).toEqual([]);
  });

  it('keeps out of a contact that its sender says is full, and tells the next node for as long as the contact lasts', () => {
    const { record, config, tell, entry } = choiceOver(RELAYS);
    expect(tell(4, 100_000, 9_900)).toHaveLength(1);
    expect(entry()).toBe(5);
    expect(toldOn(record, config)).toEqual([{ from: 4, to: 9, untilUs: 110 * S, times: 0 }]);
    expect(record.avoided).toEqual([]);
  });

  it('waits behind others where that is still the earliest', () => {
    const { record, tell, entry } = choiceOver(RELAYS);
    tell(4, 100_000, 5_000);
    expect(entry()).toBe(4);
    expect(record.detours).toEqual([]);
  });

  it('takes a contact that is said to be full where there is no other way', () => {
    const { tell, entry } = choiceOver([RELAYS[0], RELAYS[2]] as Contact[]);
    tell(4, 100_000, 10_000);
    expect(entry()).toBe(4);
  });

  it('takes no notice of loads by which all ways come too late', () => {
    const { tell, entry } = choiceOver(RELAYS);
    tell(4, 100_000, 10_000);
    tell(5, 200_000, 10_000);
    expect(entry()).toBe(4);
  });

  it('keeps out of what a bundle was kept out of before, unless there is no other way', () => {
    const detour = { from: 4, to: 9, untilUs: 110 * S, times: 0 };
    const both = choiceOver(RELAYS);
    both.record.avoided = [detour];
    expect(both.entry()).toBe(5);
    const one = choiceOver([RELAYS[0], RELAYS[2]] as Contact[]);
    one.record.avoided = [detour];
    expect(one.entry()).toBe(4);
    // A contact that failed is another matter.
    one.record.avoided = [{ ...detour, times: 1 }];
    expect(one.choice.choose(one.record, 0)).toBe('avoided');
  });

  it('tells the next node of the way that this one keeps out of for its own bundles, with congestion off too', () => {
    const { choice, config, record, entry } = choiceOver(RELAYS, { congestion: 'off' });
    const route = (choice.choose(record, 0) as ChosenRoute).route;
    for (let i = 0; i < 20; i++) choice.promises.promise({ ...record } as BundleRecord, route, 450, 0);
    expect(entry()).toBe(5);
    expect(toldOn(record, config)).toContainEqual({ from: 4, to: 9, untilUs: 110 * S, times: 0 });
  });
});
