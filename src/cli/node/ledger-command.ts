/** `leodtn ledger`: what a node holds in custody, whether it runs or not. */
import type { Command } from 'commander';
import { type LedgerEntry, ledgerOf } from '../../agent/index.js';
import { UsageError } from '../../base/errors.js';
import { US_PER_SECOND } from '../../base/time.js';
import { type NodeConfig, readNodePlan } from '../../node/config-file.node.js';
import { DEFAULT_LEDGER_ENTRIES } from '../../node/control-calls.js';
import { ControlClient } from '../../node/control-client.node.js';
import { bundleName } from '../../node/node-trace.js';
import { type OpenedStore, openLmdbStore } from '../../runtime/lmdb-store.node.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { duration } from '../style.js';
import { addNodeOptions, configOf, type NodeFlags } from './connection.js';

interface Flags extends NodeFlags {
  readonly to?: number;
  readonly from?: number;
  readonly limit: number;
  readonly json?: boolean;
}

/** A ledger and whose clock its times are on. */
interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** The node's present in microseconds; that of the wall clock where it does not run. */
  readonly nowUs: number;
  readonly isRunning: boolean;
}

/** Adds the command to the program. */
export function addLedgerCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('ledger')
    .description('say what a node holds in custody: for whom, since when, how often it tried, what it waits for');
  addNodeOptions(command)
    .option('--to <node>', 'only what is for that node', wholeNumber(1))
    .option('--from <node>', 'only what comes from that node', wholeNumber(1))
    .option('--limit <n>', 'at most that many bundles', wholeNumber(1), DEFAULT_LEDGER_ENTRIES)
    .option('--json', 'print JSON: {node, isRunning, nowUs, entries}, times in microseconds of the contact plan')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn ledger --config node.yaml
  $ leodtn ledger --config node.yaml --to 5 --json

Where the node does not run, its store is read.
`,
    )
    .action(async (flags: Flags) => {
      const config = await configOf(flags);
      const ledger = await ledgerOfNode(config, flags);
      io.out(
        flags.json === true ? `${JSON.stringify({ node: config.node, ...ledger })}\n` : textOf(ledger, flags.limit),
      );
      cell.status = STATUS_OK;
    });
}

async function ledgerOfNode(config: NodeConfig, flags: Flags): Promise<Ledger> {
  const filter = {
    limit: flags.limit,
    ...(flags.from === undefined ? {} : { sourceNode: flags.from }),
    ...(flags.to === undefined ? {} : { destinationNode: flags.to }),
  };
  let client: ControlClient;
  try {
    client = await ControlClient.connect(config.control);
  } catch (error) {
    if (!(error instanceof UsageError) || config.store.kind === 'memory') throw error;
    return storedLedger(config, filter);
  }
  try {
    const { nowUs } = (await client.call('status', {})) as { nowUs: number };
    return { entries: (await client.call('ledger', filter)) as LedgerEntry[], nowUs, isRunning: true };
  } finally {
    client.close();
  }
}

/** What the store of a node has that does not run. */
async function storedLedger(config: NodeConfig, filter: { readonly limit: number }): Promise<Ledger> {
  const { plan, epochUnixUs } = await readNodePlan(config);
  const { store } = await openStored(config);
  try {
    const entries = ledgerOf(store.records(), (contact) => plan.contacts[contact]?.startUs ?? Infinity, filter);
    // Nobody has looked for its ways yet.
    const asleep = entries.map((entry) => ({ ...entry, why: 'the node does not run' }));
    return { entries: asleep, nowUs: Date.now() * 1_000 - epochUnixUs, isRunning: false };
  } finally {
    await store.close();
  }
}

/** The store of a node that does not run, which must be there: whoever only looks leaves nothing behind. */
async function openStored({ store: { folder, memoryBytes }, control }: NodeConfig): Promise<OpenedStore> {
  try {
    return await openLmdbStore({ folder, memoryBytes, makesNew: false });
  } catch (error) {
    if (!(error instanceof UsageError) || error.code !== 'no-store') throw error;
    throw new UsageError(
      'no-store',
      `no node answers at ${control}, and there is no store in ${folder}; start the node with leodtn node --config`,
    );
  }
}

function textOf({ entries, nowUs }: Ledger, limit: number): string {
  const lines = entries.map((entry) => {
    const { bundle, payloadBytes, sinceUs, tries, why, expiryUs } = entry;
    const held = duration(Math.max(0, Math.round((nowUs - sinceUs) / US_PER_SECOND)));
    const left = duration(Math.max(0, Math.round((expiryUs - nowUs) / US_PER_SECOND)));
    const sent = tries === 0 ? 'not sent' : `sent ${tries === 1 ? 'once' : `${tries} times`}`;
    const to = `ipn:${bundle.destinationNode}.${bundle.destinationService}`;
    return `${bundleName(bundle)} to ${to}: ${payloadBytes} bytes, held for ${held}, expires in ${left}, ${sent}; ${why}\n`;
  });
  if (lines.length === 0) return 'nothing in custody\n';
  if (lines.length >= limit) lines.push(`these are ${limit}, as many as --limit lets through; there may be more\n`);
  return lines.join('');
}
