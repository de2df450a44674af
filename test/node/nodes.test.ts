/** Whole nodes over UDP, driven with the commands that a user has. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { leodtn } from '../cli/test-io.js';
import { TestNetwork, until } from './network.js';

let network: TestNetwork | undefined;
afterEach(async () => {
  expect(network?.failures).toEqual([]);
  await network?.remove();
  network = undefined;
});

const send = (config: string, input: string, ...args: readonly string[]) =>
  leodtn(['send', '--config', config, '--to', '3', ...args], { input });

describe('a line of nodes', () => {
  it('carries a data unit to the mailbox at its end, once, and forgets it', async () => {
    network = await TestNetwork.line(3);
    await network.start(1, 2, 3);
    const sent = await send(network.config(1), 'hello');
    expect(sent).toMatchObject({ status: 0, err: '' });
    expect(sent.out).toMatch(/^ipn:1\.2-\d+-\d+\n$/);
    const received = await leodtn(['receive', '--config', network.config(3), '--next', '--wait', '--take']);
    expect(received).toMatchObject({ status: 0, out: 'hello' });
    const again = await leodtn(['receive', '--config', network.config(3), '--next']);
    expect(again).toMatchObject({ status: 1, out: '', err: 'leodtn: the mailbox is empty\n' });
    for (const node of [1, 2, 3]) {
      const status = async () =>
        JSON.parse((await leodtn(['status', '--config', network!.config(node), '--json'])).out);
      await until(async () => (await status()).store.bundles === 0);
      expect((await status()).store).toMatchObject({ kind: 'durable', bundles: 0, bytes: 0 });
    }
  });

  it('keeps what it accepted while the next node is away, over a restart of its own, and shows it in the ledger', async () => {
    network = await TestNetwork.line(3);
    await network.start(1);
    await send(network.config(1), 'first');
    await send(network.config(1), 'second', '--lifetime', '600');
    await network.stop(1);
    const stopped = await leodtn(['ledger', '--config', network.config(1)]);
    expect(stopped.out).toMatch(
      /^(ipn:1\.2-\d+-\d+ to ipn:3\.2: [56] bytes, held for .*; the node does not run\n){2}$/,
    );
    await network.start(1);
    const ledger = JSON.parse((await leodtn(['ledger', '--config', network.config(1), '--json'])).out);
    expect(ledger).toMatchObject({ node: 1, isRunning: true });
    expect(ledger.entries).toHaveLength(2);
    expect(ledger.entries[0]).toMatchObject({
      bundle: { sourceNode: 1, sourceService: 2, destinationNode: 3, destinationService: 2 },
      previousCustodian: 0,
      state: 'in-flight',
      sentTo: [2],
    });
    expect(ledger.entries[0].why).toMatch(/^custody signal of 2 due by [\d.]+ s of plan time$/);
    // A peer that was never there comes up after its neighbour (Hardy #684), the other one before.
    await network.start(3, 2);
    const arrived = async () => (await leodtn(['receive', '--config', network!.config(3), '--json'])).out;
    await until(async () => JSON.parse(await arrived()).length === 2);
    const folder = network.file(3, 'mailbox/2');
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['first', 'second']);
  });

  it('goes on by itself when a peer drops out and comes back', async () => {
    network = await TestNetwork.line(3);
    await network.start(1, 2, 3);
    for (const round of ['one', 'two', 'three']) {
      await network.stop(2);
      expect((await send(network.config(1), round)).status).toBe(0);
      await network.start(2);
      const received = await leodtn(['receive', '--config', network.config(3), '--next', '--wait', '--take']);
      expect(received.out).toBe(round);
    }
  });

  it('puts down nothing twice where it goes down between the file and the word of it', async () => {
    network = await TestNetwork.line(2);
    await network.start(1, 2);
    const { out } = await leodtn(['send', '--config', network.config(1), '--to', '2'], { input: 'x' });
    const name = `2/${out.trim().slice('ipn:'.length)}`;
    await leodtn(['receive', '--config', network.config(2), '--wait', name]);
    const taken = await leodtn(['receive', '--config', network.config(2), '--take', name]);
    expect(taken).toMatchObject({ status: 0, out: 'x' });
    await network.stop(2);
    await network.start(2);
    await sleep(300);
    expect((await leodtn(['receive', '--config', network.config(2), '--json'])).out).toBe('[]\n');
  });

  it('carries a long stream of bytes, in order, through restarts of every node on the way', async () => {
    network = await TestNetwork.line(3);
    await network.start(1, 2, 3);
    const bytes = new Uint8Array(3_000_000).map((_, at) => (at * 2_654_435_761) >>> 24);
    const file = join(network.folder, 'long.bin');
    writeFileSync(file, bytes);
    const flags = ['--config', network.config(1), '--to', '3', '--stream', 'long.bin', '--until-delivered', '--json'];
    const sending = leodtn(['send', ...flags, file]);
    for (const node of [2, 3, 1]) {
      await sleep(150);
      await network.stop(node);
      await network.start(node);
    }
    expect(await sending).toMatchObject({ status: 0, out: `{"stream":"long.bin","bytes":3000000}\n`, err: '' });
    const [entry, ...more] = JSON.parse((await leodtn(['receive', '--config', network.config(3), '--json'])).out);
    expect(more).toEqual([]);
    expect(entry.name).toBe('streams/1-0-long.bin');
    expect(Buffer.compare(readFileSync(entry.file), bytes)).toBe(0);
  });
});

describe('back-pressure', () => {
  it('reaches from a mailbox that nobody empties to the application that sends, and ends when it is emptied', async () => {
    const small = ['mailbox: { bytes: 20000 }', 'store: { bytes: 40000 }'];
    network = await TestNetwork.line(3, () => small);
    await network.start(1, 2, 3);
    let accepted = 0;
    const data = 'x'.repeat(4_000);
    const all = 40;
    const sending = (async () => {
      for (let at = 0; at < all; at++) {
        const sent = await send(network!.config(1), `${String(at).padStart(4, '0')}${data}`);
        expect(sent.status).toBe(0);
        accepted++;
      }
    })();
    const stalled = async () => {
      const before = accepted;
      await sleep(1_500);
      return before > 0 && accepted === before;
    };
    await until(stalled);
    // Three stores and a mailbox hold what there is room for, and the sender waits.
    expect(accepted).toBeLessThan(all);
    const refused = await send(network.config(1), data, '--no-wait');
    expect(refused).toMatchObject({ status: 1, err: 'leodtn: the store of the node has no room; try again later\n' });
    const arrived = new Set<string>();
    const receiving = (async () => {
      while (arrived.size < all) {
        const { out } = await leodtn(['receive', '--config', network!.config(3), '--next', '--wait', '--take']);
        const number = out.slice(0, 4);
        expect(arrived.has(number)).toBe(false);
        arrived.add(number);
      }
    })();
    await Promise.all([sending, receiving]);
    expect(arrived.size).toBe(all);
  });
});
