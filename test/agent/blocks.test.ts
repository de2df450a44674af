import { describe, expect, it } from 'vitest';
import { BLOCK_FLAGS, type Bundle, decodeBundleAge, findBlock, newBlock } from '../../src/bpv7/index.js';
import { foreignBundle } from '../helpers/foreign.js';
import { both, line, Network, s } from '../helpers/pair.js';

const TO_3 = { destination: 'ipn:3.7' } as const;
const data = Uint8Array.of(1, 2, 3);

/** What node 2 sends on to node 3 of a bundle from node 1. */
function relayed(bytes: Uint8Array): { net: Network; bundle: Bundle | undefined } {
  const net = new Network({ contacts: line(1, 2, 3) });
  net.inject(1, 2, bytes);
  net.runUntil(1);
  return { net, bundle: net.bundles(2, 3)[0] };
}

describe('a block of an unknown type', () => {
  it('without flags is passed on as it is', () => {
    const { bundle } = relayed(
      foreignBundle({ ...TO_3, extra: [newBlock(200, 7, data, BLOCK_FLAGS.replicateInFragments)] }),
    );
    expect(findBlock(bundle!, 200)).toMatchObject({ number: 7, flags: 1, data });
  });

  it('that is to be discarded is left out, and the bundle goes on', () => {
    const extra = [newBlock(200, 7, data, BLOCK_FLAGS.discardIfUnprocessed), newBlock(201, 8, data)];
    const { net, bundle } = relayed(foreignBundle({ ...TO_3, extra }));
    expect(bundle!.blocks.map((block) => block.type)).not.toContain(200);
    expect(findBlock(bundle!, 201)).toBeDefined();
    expect(net.delivered).toHaveLength(1);
  });

  it.each([
    ['in transit', 'ipn:3.7'],
    ['at the destination', 'ipn:2.7'],
  ])('that takes its bundle along deletes it %s, and custody is refused', (_, destination) => {
    const extra = [newBlock(200, 7, data, BLOCK_FLAGS.deleteBundleIfUnprocessed | BLOCK_FLAGS.discardIfUnprocessed)];
    const { net, bundle } = relayed(foreignBundle({ destination, extra, custody: [1, 2, 0] }));
    expect(bundle).toBeUndefined();
    expect(net.delivered).toHaveLength(0);
    expect(net.of('deleted')).toMatchObject([{ node: 2, detail: 'block unsupported' }]);
    expect(net.count('custody-refused', 2, 1)).toBe(1);
  });

  it('with the highest number of all does not clash with blocks of this hop', () => {
    const extra = [newBlock(200, 2n ** 64n - 1n, data), newBlock(201, 2, data), newBlock(202, 2 ** 32, data)];
    const { net, bundle } = relayed(foreignBundle({ ...TO_3, extra }));
    const numbers = bundle!.blocks.map((block) => block.number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(net.delivered).toHaveLength(1);
  });
});

describe('endpoints', () => {
  it.each(['ipn:2.7', 'dtn://node2/7'])('%s is a service of node 2', (destination) => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ destination, source: 'dtn://node1/3' }));
    expect(net.delivered).toMatchObject([{ node: 2, service: 7, sourceNode: 1 }]);
  });

  it('of the dtn scheme are routed by their node', () => {
    const { net } = relayed(foreignBundle({ destination: 'dtn://node3/7' }));
    expect(net.delivered).toMatchObject([{ node: 3 }]);
  });

  it.each(['dtn:none', 'ipn:0.0', 'ipn:0.7', 'dtn://elsewhere/7', 'dtn://node2x/7', 'ipn:5.3.7'])(
    '%s as a destination is deleted at once, its custody refused',
    (destination) => {
      const net = new Network({ contacts: line(1, 2, 3) });
      net.inject(1, 2, foreignBundle({ destination, custody: [1, 2, 0] }));
      expect(net.stored(2)).toBe(0);
      expect(net.of('deleted', 2)).toMatchObject([{ detail: 'no known route' }]);
      expect(net.count('custody-refused', 2, 1)).toBe(1);
    },
  );

  it('of the null kind as a source are delivered', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ source: 'dtn:none' }));
    expect(net.delivered).toHaveLength(1);
  });
});

describe('a source without a clock', () => {
  it('gives its bundles an age, which grows by residence and by light', () => {
    const net = new Network({
      contacts: [...both(1, 2, 2, 100, { owltUs: s(3) }), ...both(2, 3, 20, 100, { owltUs: s(1) })],
      clockless: [1],
    });
    net.send(1, 3, 100, { custody: false });
    net.runUntil(50);
    const ages = [net.bundles(1, 2)[0], net.bundles(2, 3)[0]].map((bundle) => {
      expect(bundle?.primary.creationTimeMs).toBe(0);
      return Number(decodeBundleAge(findBlock(bundle!, 7)!.data));
    });
    // 2 s until the contact and 3 s of light; then residence up to 20 s, and 1 s of light.
    expect(ages[0]).toBeCloseTo(5_000, -1);
    expect(ages[1]).toBeCloseTo(21_000, -1);
    expect(net.delivered).toHaveLength(1);
  });

  it('has its bundles expire by age', () => {
    const net = new Network({ contacts: [...both(1, 2, 0, 100), ...both(2, 3, 5, 100)], clockless: [1] });
    net.cut(2, 3);
    net.send(1, 3, 100, { custody: false, lifetimeMs: 10_000 });
    net.runUntil(50);
    expect(net.of('expired')).toMatchObject([{ node: 2 }]);
    expect(net.of('expired')[0]?.atUs).toBeLessThan(s(10.2));
  });

  it('numbers its bundles apart', () => {
    const net = new Network({ contacts: line(1, 2), clockless: [1, 2] });
    for (let i = 0; i < 5; i++) net.send(1, 2, Uint8Array.of(i));
    net.runUntil(5);
    expect(net.delivered.map((each) => each.payload[0])).toEqual([0, 1, 2, 3, 4]);
    expect(net.stored()).toBe(0);
  });
});

describe('a bundle that tells its age', () => {
  it('has expired by it, whatever the clock says', () => {
    const { net } = relayed(foreignBundle({ ...TO_3, ageMs: 2n ** 64n - 1n }));
    expect(net.delivered).toHaveLength(0);
    expect(net.of('expired')).toMatchObject([{ node: 2 }]);
  });

  it('lives by it where the clock of a node on its way was set hours ahead', () => {
    const { net } = relayed(foreignBundle({ ...TO_3, creationTimeMs: 1, ageMs: 100 }));
    expect(net.delivered).toHaveLength(1);
  });
});

describe('what a stranger may send', () => {
  it('a bundle too large to gain a hop is refused, not a crash', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    net.inject(1, 2, foreignBundle({ ...TO_3, payload: new Uint8Array(65_400), custody: [1, 2, 0] }));
    expect(net.of('deleted', 2)).toMatchObject([{ detail: 'too large' }]);
    expect(net.count('custody-refused', 2)).toBe(1);
  });

  it('a lifetime without end, a time beyond all clocks', () => {
    const net = new Network({ contacts: line(1, 2, 3) });
    const most = 2n ** 64n - 1n;
    net.inject(1, 2, foreignBundle({ ...TO_3, lifetimeMs: most, creationTimeMs: most, sequence: most }));
    net.runUntil(1);
    expect(net.delivered).toHaveLength(1);
  });

  it.each([
    ['no bundle', Uint8Array.of(0x9f, 0xff)],
    ['a custody block of another form', foreignBundle({ extra: [newBlock(13, 5, Uint8Array.of(0x80))] })],
    ['no administrative record', foreignBundle({ destination: 'ipn:2.0', flags: 2, payload: Uint8Array.of(0xff) })],
  ])('%s is told as malformed and no more', (_, bytes) => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, bytes);
    expect(net.count('malformed', 2, _ === 'no administrative record' ? 9 : 1)).toBe(1);
    expect(net.delivered).toHaveLength(0);
  });

  it('an administrative record of an unknown type is ignored', () => {
    const net = new Network({ contacts: line(1, 2) });
    net.inject(1, 2, foreignBundle({ destination: 'ipn:2.0', flags: 2, payload: Uint8Array.of(0x82, 0x18, 99, 0) }));
    expect(net.count('malformed')).toBe(0);
    expect(net.stored()).toBe(0);
  });
});
