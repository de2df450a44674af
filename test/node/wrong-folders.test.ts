/** What a node says of folders that it cannot use, and does not start; and of a store that has lost something, or has no room. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadNodeConfig, readNodePlan } from '../../src/node/config-file.node.js';
import { RunningNode } from '../../src/node/running-node.node.js';
import { openIndexFile } from '../../src/runtime/store/index-file.node.js';
import { leodtn } from '../cli/test-io.js';

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

  it('shows in its status what its store has set aside', async () => {
    await (await start(1)).close();
    const index = await openIndexFile(join(folder, 'store', 'index.mdb'));
    await index.commit((writer) => writer.put('state', 'job/1', Uint8Array.of(1, 2, 3)));
    await index.close();
    const node = await start(1);
    const config = ['--config', join(folder, '1.yaml')];
    const { out } = await leodtn(['status', ...config]);
    const json = JSON.parse((await leodtn(['status', ...config, '--json'])).out);
    await node.close();
    expect(out).toContain(
      'store: 1 thing damaged or missing since the start, set aside and held here no more:\n  state job/1: the value is damaged\n',
    );
    expect(json.store.setAside).toEqual({ count: 1, words: ['state job/1: the value is damaged'] });
  });

  it('says which mailbox it cannot have', async () => {
    await expect(start(1, ['mailbox.folder=plan.ionrc'])).rejects.toMatchObject({ code: 'mailbox-folder' });
  });
});
