import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.js';
import { ContactPlan } from '../../src/routing/index.js';
import type { NodeInput } from '../../src/runtime/node-io.js';
import { ContactChecker } from '../../src/simulator/checkers.js';
import { newCounters } from '../../src/simulator/counters.js';
import { type Flight, LinkLayer } from '../../src/simulator/links.js';
import type { ScenarioFault } from '../../src/simulator/scenario-faults.js';
import { Sky } from '../../src/simulator/sky.js';
import type { World } from '../../src/simulator/world.js';

const NO_HARDSHIP = { loss: 0, duplication: 0, corruption: 0, reordering: { probability: 0, delayUs: 0 } };
const second = 1_000_000;

/** A sky over nodes 1 and 2 (and more where contacts name them), run to its end; what it told whom, and when. */
function watch(
  contacts: readonly [from: number, to: number, start: number, end: number, rate?: number][],
  faults: ScenarioFault[],
  react: (node: number, input: NodeInput, links: LinkLayer, nowUs: number) => void = () => undefined,
) {
  const plan = new ContactPlan(
    contacts.map(([from, to, start, end, rateBytesPerSecond = 1000]) => ({
      from,
      to,
      startUs: start * second,
      endUs: end * second,
      rateBytesPerSecond,
      owltUs: 5,
    })),
  );
  const world = { plan, scenario: { faults }, isInterPlane: () => true } as unknown as World;
  const counters = newCounters(plan.nodes.length);
  const checker = new ContactChecker(0);
  const links = new LinkLayer(NO_HARDSHIP, new Random(1), counters, checker);
  const told: string[] = [];
  let nowUs = 0;
  const tell = (node: number, input: NodeInput) => {
    const what =
      input.kind === 'contact-started'
        ? `started to ${input.contact.to} until ${input.contact.endUs / second}`
        : input.kind === 'contact-ended'
          ? `${input.failed ? 'failed' : 'ended'} to ${input.to}`
          : input.kind;
    told.push(`${nowUs / second}: ${node} ${what}`);
    react(node, input, links, nowUs);
  };
  const sky = new Sky(world, links, counters, tell);
  const until = (seconds: number) => {
    for (; sky.nextUs() <= seconds * second; sky.change(nowUs)) nowUs = sky.nextUs();
    nowUs = seconds * second;
  };
  return { sky, links, counters, checker, told, until };
}

const down = (at: number, from = 1, to = 2): ScenarioFault => ({ at, kind: 'link-down', from, to });
const up = (at: number, from = 1, to = 2): ScenarioFault => ({ at, kind: 'link-up', from, to });
const dark = (at: number, node: number): ScenarioFault => ({ at, kind: 'node-down', node });
const light = (at: number, node: number): ScenarioFault => ({ at, kind: 'node-up', node });

describe('contacts', () => {
  it('are told to their sender as they start and end', () => {
    const { told, until, counters } = watch(
      [
        [1, 2, 0, 10],
        [2, 1, 5, 10],
      ],
      [],
    );
    until(20);
    expect(told).toEqual([
      '0: 1 started to 2 until 10',
      '5: 2 started to 1 until 10',
      '10: 1 ended to 2',
      '10: 2 ended to 1',
    ]);
    expect(counters).toMatchObject({ contacts: 2, outages: 2 });
  });

  it.each([
    ['nothing else', []],
    ['a fault elsewhere', [down(10, 3, 4)]],
    ['a satellite elsewhere that goes dark', [dark(10, 3)]],
  ])('that follow on each other end and start, and none fails, with %s at the same time', (_, faults) => {
    const { told, until } = watch(
      [
        [1, 2, 0, 10],
        [1, 2, 10, 20],
        [3, 4, 0, 5],
      ],
      faults,
    );
    until(30);
    expect(told.filter((each) => each.includes(': 1 '))).toEqual([
      '0: 1 started to 2 until 10',
      '10: 1 ended to 2',
      '10: 1 started to 2 until 20',
      '20: 1 ended to 2',
    ]);
  });
});

describe('contacts of one pair that overlap', () => {
  it('take over from each other, the fastest first, and none of them fails', () => {
    const { told, until, counters } = watch(
      [
        [1, 2, 0, 40],
        [1, 2, 10, 20, 5000],
        [1, 2, 12, 30, 10],
      ],
      [],
    );
    until(50);
    expect(told).toEqual([
      '0: 1 started to 2 until 40',
      '10: 1 started to 2 until 20',
      '20: 1 started to 2 until 40',
      '40: 1 ended to 2',
    ]);
    expect(counters.outages).toBe(3);
  });

  it('let through what is being sent when another one begins', () => {
    let flight: Flight | undefined;
    const { until, links } = watch(
      [
        [1, 2, 0, 40],
        [1, 2, 10, 20, 5000],
      ],
      [],
    );
    until(9);
    links.transmit(1, 2, new Uint8Array(5000), 9 * second, (each) => {
      flight = each;
    });
    until(15);
    expect(links.link(1, 2).cutOff(flight as Flight)).toBe(false);
  });

  it('fail alone: the others go on', () => {
    const cancelled: ScenarioFault = { at: 15, kind: 'contact-cancelled', from: 1, to: 2, start: 10, announced: false };
    const { told, until } = watch(
      [
        [1, 2, 0, 40],
        [1, 2, 10, 20, 5000],
      ],
      [cancelled],
    );
    until(50);
    expect(told).toEqual([
      '0: 1 started to 2 until 40',
      '10: 1 started to 2 until 20',
      '15: 1 failed to 2',
      '15: 1 started to 2 until 40',
      '40: 1 ended to 2',
    ]);
  });
});

describe('a cut link', () => {
  it('fails both ways and comes back with what is left of its contacts', () => {
    const { told, until } = watch(
      [
        [1, 2, 0, 10],
        [2, 1, 0, 10],
      ],
      [down(3), up(7)],
    );
    until(20);
    expect(told.slice(2)).toEqual([
      '3: 1 failed to 2',
      '3: 2 failed to 1',
      '7: 1 started to 2 until 10',
      '7: 2 started to 1 until 10',
      '10: 1 ended to 2',
      '10: 2 ended to 1',
    ]);
  });

  it('says nothing of contacts that begin or end meanwhile', () => {
    const { told, until } = watch(
      [
        [1, 2, 0, 10],
        [1, 2, 12, 20],
      ],
      [down(3), up(15), down(16), down(17), up(18)],
    );
    until(30);
    expect(told).toEqual([
      '0: 1 started to 2 until 10',
      '3: 1 failed to 2',
      '15: 1 started to 2 until 20',
      '16: 1 failed to 2',
      '18: 1 started to 2 until 20',
      '20: 1 ended to 2',
    ]);
  });

  it('stays cut while a satellite comes back', () => {
    const { told, until } = watch([[1, 2, 0, 10]], [down(2), dark(3, 2), light(4, 2), up(6)]);
    until(20);
    expect(told.filter((each) => each.includes(': 1 '))).toEqual([
      '0: 1 started to 2 until 10',
      '2: 1 failed to 2',
      '6: 1 started to 2 until 10',
      '10: 1 ended to 2',
    ]);
  });
});

describe('a dark satellite', () => {
  it('hears nothing and catches up afterwards, its neighbours know at once', () => {
    const { sky, told, until } = watch(
      [
        [1, 2, 0, 10],
        [2, 1, 0, 20],
        [2, 3, 0, 5],
      ],
      [dark(3, 2), light(15, 2)],
    );
    until(4);
    expect(sky.isDark(2)).toBe(true);
    sky.inside(2, { kind: 'timeout' });
    sky.inside(2, { kind: 'processor-stepped', task: 1, outcome: { kind: 'ended' } });
    until(30);
    expect(told.slice(3)).toEqual([
      '3: 1 failed to 2',
      '15: 2 failed to 1',
      '15: 2 failed to 3',
      '15: 2 started to 1 until 20',
      '15: 2 timeout',
      '15: 2 processor-stepped',
      '15: 2 timeout',
      '20: 2 ended to 1',
    ]);
  });

  it('stays dark however often it goes dark, and comes back once', () => {
    const { sky, told, until } = watch([[1, 2, 0, 10]], [dark(1, 2), dark(2, 2), light(3, 2), light(4, 2)]);
    until(2.5);
    expect(sky.isDark(2)).toBe(true);
    until(20);
    expect(told.filter((each) => each.includes('timeout'))).toHaveLength(1);
    expect(told.filter((each) => each.includes('started'))).toHaveLength(2);
  });
});

describe('a satellite that comes back', () => {
  it('may send once more to a neighbour of whose end it has not heard, in vain; afterwards no more', () => {
    const contacts: [number, number, number, number][] = [
      [1, 2, 0, 10],
      [1, 3, 0, 10],
    ];
    const faults = [dark(3, 1), light(5, 1)];
    const arrived: number[] = [];
    const { checker, counters, until, links } = watch(contacts, faults, (_, input, layer, nowUs) => {
      // What waited for the first neighbour goes to the second, which is told of only next.
      if (input.kind !== 'contact-ended' || input.to !== 2 || nowUs !== 5 * second) return;
      layer.transmit(1, 3, new Uint8Array(10), nowUs, () => arrived.push(nowUs));
    });
    until(9);
    expect(arrived).toEqual([]);
    expect(counters.lost).toBe(1);
    expect(checker.report().ok).toBe(true);
    until(20);
    links.transmit(1, 3, new Uint8Array(10), 20 * second, () => undefined);
    expect(checker.report().ok).toBe(false);
  });
});

describe('what is being sent as a link breaks', () => {
  it('is cut off, and what had left before is not', () => {
    const { links, until } = watch([[1, 2, 0, 100]], [down(1), up(2), down(3), up(4)]);
    until(0);
    const flights: string[] = [];
    const send = (name: string, nowUs: number, bytes: number) =>
      links.transmit(1, 2, new Uint8Array(bytes), nowUs, (flight) => {
        checks.push(() => flights.push(`${name} ${flight.link.cutOff(flight) ? 'cut' : 'whole'}`));
      });
    const checks: (() => void)[] = [];
    send('gone before', 0, 500);
    until(0.6);
    send('broken', 0.6 * second, 1000);
    until(2);
    send('after', 2 * second, 100);
    until(10);
    for (const check of checks) check();
    expect(flights).toEqual(['gone before whole', 'broken cut', 'after whole']);
  });
});
