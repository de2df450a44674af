/** What a node says of folders that it cannot use: it does not start, and leaves them as they are. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadNodeConfig, readNodePlan } from '../../src/node/config-file.node.js';
import { RunningNode } from '../../src/node/running-node.node.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leodtn-folders-'));
  writeFileSync(join(folder, 'plan.ionrc'), 'a contact +0 +1000 1 2 1000\na range +0 +1000 1 2 0\n');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const warnings: string[] = [];

async function start(node: number, more: readonly string[] = []): Promise<RunningNode> {
  const file = join(folder, `${node}.yaml`);
  const plan = '{ filename: plan.ionrc, epoch: 2026-01-01T00:00:00Z }';
  writeFileSync(file, `node: ${node}\nlisten: 127.0.0.1:0\npeers: {}\nplan: ${plan}\n`);
  const config = await loadNodeConfig(file, [...more]);
  warnings.length = 0;
  const warn = (_fields: object, words: string) => void warnings.push(words);
  const quiet = { debug() {}, info() {}, warn, error() {} };
  return RunningNode.start({ config, plan: await readNodePlan(config), log: quiet, onFailure() {} });
}

describe('a node', () => {
  it('does not take the store of another one, which is still that one’s own', async () => {
    await (await start(1)).close();
    await expect(start(2)).rejects.toMatchObject({
      code: 'store-of-another',
      message: expect.stringContaining('is that of node 1, and this is node 2'),
    });
    await (await start(1)).close();
  });

  it('says at its start that the disk has no more room than the reserve', async () => {
    await (await start(1)).close();
    expect(warnings).toEqual([]);
    await (await start(1, ['store.reserveBytes=1000000000000000'])).close();
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the store in .* has no room on its disk beside the 1000000000000000 bytes that store\.reserveBytes keeps: .* refused/,
      ),
    ]);
  });

  it('says which mailbox it cannot have', async () => {
    await expect(start(1, ['mailbox.folder=plan.ionrc'])).rejects.toMatchObject({ code: 'mailbox-folder' });
  });
});
