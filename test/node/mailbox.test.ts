/** The mailbox by itself: what finds room, what waits, and what was put down before a crash. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../src/agent/index.js';
import { Mailbox } from '../../src/node/mailbox.node.js';
import { until } from './network.js';

let folder: string;
let open: Mailbox[] = [];
let taken: number[] = [];
let tooLong: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leodtn-mailbox-'));
  taken = [];
  tooLong = [];
});

afterEach(async () => {
  for (const each of open) await each.close();
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

async function mailboxOf(bytes: number, isNodeUp = true): Promise<Mailbox> {
  const mailbox = await Mailbox.open({
    folder,
    services: [2],
    limits: { files: 10, bytes },
    taken: async (receipt) => {
      if (!isNodeUp) throw new Error('the node is down');
      taken.push(receipt);
    },
    unreadable: () => {},
    tooLong: ({ receipt }) => tooLong.push(receipt),
    onTrouble: (error) => expect.unreachable(error.message),
  });
  open.push(mailbox);
  return mailbox;
}

/** A delivery in custody, whose receipt is its sequence number too. */
function delivery(receipt: number, payloadBytes: number, isRepeated = false): Delivery {
  return {
    service: 2,
    sourceNode: 7,
    sourceService: 2,
    payload: new Uint8Array(payloadBytes),
    payloadBytes,
    expiryUs: Number.POSITIVE_INFINITY,
    bundle: {
      sourceNode: 7,
      sourceService: 2,
      creationTimeMs: 1,
      sequence: receipt,
      destinationNode: 1,
      destinationService: 2,
    },
    receipt,
    isRepeated,
  };
}

const namesIn = async (mailbox: Mailbox) => (await mailbox.list()).map(({ name }) => name);

describe('a data unit that is longer than the mailbox', () => {
  it('lets others pass, and is put down when the mailbox is empty', async () => {
    const mailbox = await mailboxOf(100);
    mailbox.add(delivery(1, 60));
    mailbox.add(delivery(2, 1_000));
    mailbox.add(delivery(3, 40));
    await until(async () => taken.length === 2);
    expect(taken).toEqual([1, 3]);
    expect(tooLong).toEqual([2]);
    expect(mailbox.state).toMatchObject({ files: 2, bytes: 100, waiting: 1 });
    for (const name of await namesIn(mailbox)) await mailbox.take(name);
    await until(async () => taken.length === 3);
    expect(await namesIn(mailbox)).toEqual(['2/7.2-1-2']);
    mailbox.add(delivery(4, 1));
    expect(mailbox.state).toMatchObject({ bytes: 1_000, waiting: 1 });
    await mailbox.take('2/7.2-1-2');
    await until(async () => taken.length === 4);
    expect(taken).toEqual([1, 3, 2, 4]);
  });
});

describe('a data unit that was put down before a crash', () => {
  it.each([50, 100])(
    'is acknowledged where %i bytes leave no room for it, and may be taken only then',
    async (bytes) => {
      const before = await mailboxOf(bytes, false);
      before.add(delivery(1, 100));
      await until(async () => before.state.files === 1);
      expect(await namesIn(before)).toEqual([]);
      await before.close();
      const after = await mailboxOf(bytes);
      after.add(delivery(1, 100, true));
      await expect(after.take('2/7.2-1-1')).rejects.toMatchObject({ code: 'no-such-mail' });
      await until(async () => taken.length === 1);
      expect(await namesIn(after)).toEqual(['2/7.2-1-1']);
      expect(after.state).toMatchObject({ files: 1, bytes: 100, waiting: 0, repeated: 1 });
      expect(tooLong).toEqual(bytes < 100 ? [1] : []);
    },
  );
});
