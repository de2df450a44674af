/**
 * bplib issue 123: a node took custody, and told the custodian before it so, of bundles that it had in memory alone. A node with a
 * volatile store passes the custody block on as it is, and says nothing.
 */
import { describe, expect, it } from 'vitest';
import { defaultAgentConfig } from '../../src/agent/index.js';
import { decodeCustodyBlock, findBlock } from '../../src/bpv7/index.js';
import { line, Network } from '../helpers/pair.js';

describe('bplib #123: a node whose store is volatile takes no custody', () => {
  it('unless its operator said that it may', () => {
    expect(defaultAgentConfig(2).custody.acceptsCustody).toBe(false);
  });

  it('but passes the block on as it is, and sends no signal of its own', () => {
    const net = new Network({ contacts: line(1, 2, 3), relays: [2] });
    net.send(1, 3, 10);
    net.runUntil(5);
    const custodyOf = (from: number, to: number) => decodeCustodyBlock(findBlock(net.bundles(from, to)[0]!, 13)!.data);
    expect(custodyOf(2, 3)).toEqual(custodyOf(1, 2));
    expect(net.count('custody-accepted', 2) + net.count('custody-signal-sent', 2)).toBe(0);
    expect(net.of('custody-released', 1)).toMatchObject([{ peer: 3 }]);
  });

  it('so that what it loses is sent again by the custodian that has it', () => {
    const net = new Network({ contacts: line(1, 2, 3), relays: [2] });
    net.at(0.5, () => {
      net.cut(2, 3);
      for (let i = 0; i < 10; i++) net.send(1, 3, 10);
    });
    net.at(1, () => {
      // The memory of node 2 is gone with all that it held.
      for (const record of [...net.stores.get(2)!.records()]) net.stores.get(2)!.remove(record, 'deleted');
    });
    net.at(2, () => net.heal(2, 3));
    net.runUntil(1);
    expect(net.stored(1)).toBe(10);
    net.runUntil(120);
    expect(net.delivered).toHaveLength(10);
    expect(net.stored(1)).toBe(0);
  });
});
