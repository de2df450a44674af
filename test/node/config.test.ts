/** Node files: what they may say, and what is said about those that are wrong. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/agent/index.js';
import { agentConfigOf } from '../../src/node/agent-settings.js';
import { loadNodeConfig } from '../../src/node/config-file.node.js';
import { leodtn } from '../cli/test-io.js';

const folder = mkdtempSync(join(tmpdir(), 'leodtn-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PLAN = 'a range +0 +60 1 2 1\na contact +0 +60 1 2 1000\na contact +0 +60 2 1 1000\n';
writeFileSync(join(folder, 'plan.ionrc'), PLAN);

const RIGHT = `node: 1
listen: 127.0.0.1:4556
peers: { 2: 127.0.0.1:4557 }
plan: { filename: plan.ionrc, epoch: 2026-11-24T21:00:00Z }
`;

function written(text: string): string {
  const file = join(folder, 'node.yaml');
  writeFileSync(file, text);
  return file;
}

const check = (text: string) => leodtn(['node', '--config', written(text), '--check']);

describe('leodtn node --check', () => {
  it('says what a right file comes to', async () => {
    const checked = await check(RIGHT);
    expect(checked).toMatchObject({ status: 0, err: '' });
    expect(checked.out).toContain('node 1 on 127.0.0.1:4556, 1 peer');
    expect(checked.out).toContain("2 contacts, 1 of them this node's, from 2026-11-24T21:00:00.000Z");
  });

  it.each([
    ['nod: 1\n', /node\.yaml:1:1: nod: unknown field; did you mean 'node'\?/],
    [RIGHT.replace('listen', 'lisen'), /node\.yaml:2:1: lisen: unknown field; did you mean 'listen'\?/],
    [
      RIGHT.replace('127.0.0.1:4556', '127.0.0.1'),
      /listen: found '127\.0\.0\.1'; expected an address and a port such as/,
    ],
    [RIGHT.replace('{ 2:', '{ two:'), /peers.*expected/],
    [RIGHT.replace('{ 2:', '{ 1:'), /peers\.1: found this node itself; expected other nodes/],
    [RIGHT.replace('127.0.0.1:4557', '"[::1]:4557"'), /peers\.2: found '\[::1\]:4557', while the node listens by IPv4/],
    [
      RIGHT.replace('plan.ionrc', 'plan.iorc'),
      /plan\.filename: found 'plan\.iorc'.*no such file; expected a contact plan/,
    ],
    [RIGHT.replace(', epoch: 2026-11-24T21:00:00Z', ''), /gives no date; add plan\.epoch to the node file/],
    [RIGHT.replace('2026-11-24T21:00:00Z', 'tomorrow'), /plan\.epoch: found 'tomorrow'; expected a date such as/],
    [
      RIGHT.replace('node: 1', 'node: 9'),
      /no contact names node 9; expected a plan of the network that this node is in/,
    ],
    [
      `${RIGHT}mailbox: { services: [3] }\n`,
      /mailbox\.services\.0: found 3; expected a service number of at least 2 and not 3/,
    ],
    [`${RIGHT}store: { bulkShare: 75 }\n`, /store\.bulkShare: found 75; expected a share from 0 to 1, such as 0\.75/],
    [`${RIGHT}store: { sourceBytes: 0 }\n`, /store\.sourceBytes: found 0; expected/],
    [`${RIGHT}custody: { accept: true }\n`, /custody\.accept: unknown field; did you mean 'custody\.accepts'\?/],
    [`${RIGHT}control: ${'x'.repeat(120)}\n`, /control: found a path of \d+ bytes .* expected one of at most 103/],
  ])('says in one line what is wrong with %j', async (text, words) => {
    const checked = await check(text);
    expect(checked).toMatchObject({ status: 2, out: '' });
    expect(checked.err).toMatch(words);
    expect(checked.err.trim()).not.toContain('\n');
  });

  it('warns of neighbours without an address and of peers that the plan does not know', async () => {
    const checked = await check(RIGHT.replace('{ 2:', '{ 7:'));
    expect(checked.status).toBe(0);
    expect(checked.err).toContain('the plan has contacts to node 2, for which peers has no address');
    expect(checked.err).toContain('peers names node 7, which the plan does not');
  });

  it('does not start where the plan has not begun', async () => {
    const ahead = RIGHT.replace('2026-11-24', '2126-11-24');
    const started = await leodtn(['node', '--config', written(`${ahead}store: { kind: memory }\n`)]);
    expect(started).toMatchObject({ status: 2 });
    expect(started.err).toContain('the plan begins in');
  });

  it('shows a whole file in its help that is right', async () => {
    const { out } = await leodtn(['node', '--help']);
    const lines = out.split('\n');
    const from = lines.findIndex((line) => line.startsWith('  node: 2'));
    const to = lines.findIndex((line) => line.startsWith('Names of files'));
    const example = lines
      .slice(from, to)
      .map((line) => line.slice(2))
      .join('\n');
    const config = await loadNodeConfig(written(example.replace('network.ionrc', 'plan.ionrc')));
    expect(config).toMatchObject({ node: 2, store: { kind: 'durable', bundles: 100_000 } });
    const least = await loadNodeConfig(written(RIGHT.replace('node: 1', 'node: 2').replace('{ 2:', '{ 1:')));
    const { store, mailbox, statusReports, maxBundleBytes, log } = config;
    expect(least).toMatchObject({ store, mailbox, statusReports, maxBundleBytes, log });
  });
});

describe('the limits of a node', () => {
  const limitsOf = async (store: string) =>
    agentConfigOf(await loadNodeConfig(written(`${RIGHT}store: ${store}\n`))).limits;

  it('are those of its file, for each source and each class too', async () => {
    expect(
      await limitsOf(
        '{ bundles: 90, bytes: 9000, sourceBundles: 7, sourceBytes: 800, bulkShare: 0.5, standardShare: 0.6 }',
      ),
    ).toEqual({
      ...DEFAULT_LIMITS,
      storedBundles: 90,
      storedBytes: 9_000,
      sourceBundles: 7,
      sourceBytes: 800,
      bulkShare: 0.5,
      standardShare: 0.6,
    });
  });

  it('are the usual ones where it says nothing, none for one source', async () => {
    expect(await limitsOf('{}')).toEqual(DEFAULT_LIMITS);
  });
});

describe('commands that talk to a node', () => {
  it.each([['status'], ['receive'], ['send', '--to', '2']])('%s says that no node runs', async (...command) => {
    const ran = await leodtn([...command, '--config', written(RIGHT)]);
    expect(ran.status).toBe(2);
    expect(ran.err).toMatch(/^leodtn: no node answers at .*control\.sock .*; start it with leodtn node --config\n$/);
  });

  it('ledger says that there is neither a node nor a store, and makes none', async () => {
    for (const makeFolder of [false, true]) {
      const store = join(folder, 'nothing');
      if (makeFolder) mkdirSync(store);
      const ran = await leodtn(['ledger', '--config', written(`${RIGHT}store: { folder: nothing }\n`)]);
      expect(ran).toMatchObject({ status: 2, out: '' });
      expect(ran.err).toMatch(
        /^leodtn: no node answers at .*, and there is no store in .*nothing; start the node .*\n$/,
      );
      expect(existsSync(store) ? readdirSync(store) : 'none').toEqual(makeFolder ? [] : 'none');
    }
  });

  it('send says where it cannot be sent to', async () => {
    const ran = await leodtn(['send', '--config', written(RIGHT), '--to', 'two']);
    expect(ran).toMatchObject({ status: 2 });
    expect(ran.err).toContain('Expected a node and a service, such as 5, 5.2 or ipn:5.2.');
  });
});
