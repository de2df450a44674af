/** `leodtn node`: one satellite over UDP, until it is told to stop. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import type { Command } from 'commander';
import { messageOf, UsageError } from '../../base/errors.js';
import { type NodeConfig, type NodePlan, readNodePlan } from '../../node/config-file.node.js';
import { nodeJsonSchema } from '../../node/form.js';
import type { NodeEvent } from '../../node/node-trace.js';
import { RunningNode } from '../../node/running-node.node.js';
import type { Io } from '../io.js';
import { makeLog } from '../options.js';
import { STATUS_FAILED, STATUS_INTERRUPTED, STATUS_OK, type StatusCell } from '../status.js';
import { plural } from '../style.js';
import { addNodeOptions, configOf, type NodeFlags } from './connection.js';

interface Flags extends NodeFlags {
  readonly check?: boolean;
  readonly schema?: boolean;
  readonly events?: string;
}

const EXAMPLE = `
A whole node file; what is not marked as needed may be left out and is as shown:

  node: 2                            # needed: its endpoints are ipn:2.SERVICE
  listen: 0.0.0.0:4556               # needed: address and port of its UDP socket
  peers:                             # needed: where its neighbours listen
    1: 10.0.0.1:4556
    3: relay.example.org:4556
  plan:
    filename: network.ionrc          # needed: contact plan of the whole network, any known format
    epoch: 2026-11-24T21:00:00Z      # date of the plan's second 0; needed where the plan gives none
  store:
    kind: durable                    # or memory: what is held when the node stops is lost
    folder: store
    bundles: 100000                  # beyond these the node refuses, and what is refused stays with its custodian
    bytes: 268435456
    sourceBundles: null              # of one source node; null is no limit
    sourceBytes: null
    bulkShare: 0.75                  # of bundles and bytes that bulk may fill; the rest is for what is more urgent
    standardShare: 0.95              # that bulk and standard may fill together; the rest is for expedited bundles
    reserveBytes: 16777216           # of the disk, kept for administrative bundles and removals
    memoryBytes: 8388608             # of held bundles that stay in memory beside the disk
  custody:
    accepts: true                    # false by default where the store is memory
  mailbox:
    folder: mailbox                  # SERVICE/SOURCE-TIME-SEQUENCE, a file for each data unit
    services: [2]
    bytes: 1073741824                # beyond these data units wait in the store
    files: 10000
  control: store/control.sock        # socket of send, receive, ledger and status
  statusReports: false
  maxBundleBytes: 65507
  processors: { collect: [], map: [], combine: [], reduce: [] }   # modules for jobs
  log: info                          # debug, info, warn, error or silent; JSON lines on standard error

Names of files and folders are relative to the node file. SIGTERM or Ctrl-C ends the node in good order; kill -9 costs nothing that was
accepted. Either way the next start goes on with what the store has.

Examples:
  $ leodtn node --config node.yaml --check
        is the file right, and what does it say
  $ leodtn node --config node.yaml
  $ leodtn node --config node.yaml --set listen=127.0.0.1:4557 --events events.jsonl
        another port, and all that happens to bundles as JSON lines

Exit status: 0 stopped as told, 1 failed while it ran, 2 cannot run as asked.
`;

/** Adds the command to the program. */
export function addNodeCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program.command('node').description('be one satellite over UDP, with a store that survives restarts');
  addNodeOptions(command)
    .option('--check', 'only say whether the file is right')
    .option('--events <file>', 'append what happens to bundles as JSON lines once it is durable; - is standard output')
    .addHelpText('after', EXAMPLE)
    .action(async (flags: Flags) => {
      const config = await configOf(flags);
      const plan = await readNodePlan(config);
      if (flags.check !== true) {
        cell.status = await runNode(config, plan, flags, io);
        return;
      }
      for (const warning of warningsOf(config, plan)) io.err(`leodtn: ${flags.config}: ${warning}\n`);
      io.out(checkText(flags.config, config, plan));
      cell.status = STATUS_OK;
    });
  program
    .command('node-schema', { hidden: true })
    .description('print the JSON Schema of a node file, for editors')
    .action(() => {
      io.out(`${JSON.stringify(nodeJsonSchema(), null, 2)}\n`);
      cell.status = STATUS_OK;
    });
}

/** Runs a node until a signal or a failure ends it. */
async function runNode(config: NodeConfig, plan: NodePlan, flags: Flags, io: Io): Promise<number> {
  const log = makeLog(config.log, io);
  const events = flags.events === undefined ? undefined : eventWriter(flags.events, io);
  let fail!: (error: Error) => void;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  let ended = false;
  const stopped = new Promise<'stopped'>((resolve) => {
    const stop = () => {
      // Who asks twice does not want to wait for the store.
      if (ended) io.exit(STATUS_INTERRUPTED);
      ended = true;
      resolve('stopped');
    };
    io.onInterrupt(stop);
    io.onTerminate(stop);
  });
  for (const warning of warningsOf(config, plan)) log.warn({}, warning);
  const node = await RunningNode.start({
    config,
    plan,
    log,
    ...(events === undefined ? {} : { onEvents: (list) => events.write(list) }),
    onFailure: (error) => fail(error),
  });
  const end = await Promise.race([stopped, failed]);
  if (end !== 'stopped') io.err(`leodtn: the node failed: ${messageOf(end)}\n`);
  await node.close();
  events?.close();
  log.info({ node: config.node }, 'the node is down');
  return end === 'stopped' ? STATUS_OK : STATUS_FAILED;
}

/** Writes events one a line, each batch with one call of the system: what was written is there even where the process is killed. */
function eventWriter(file: string, io: Io): { write(events: readonly NodeEvent[]): void; close(): void } {
  const textOf = (events: readonly NodeEvent[]) => events.map((event) => `${JSON.stringify(event)}\n`).join('');
  if (file === '-') return { write: (events) => io.out(textOf(events)), close() {} };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'a+');
    // A line that a kill cut off stays one line.
    if (!endsInNewline(descriptor)) writeSync(descriptor, '\n');
  } catch (error) {
    throw new UsageError(
      'out-not-writable',
      `--events ${file}: cannot write there: ${messageOf(error)}; expected a file`,
    );
  }
  return { write: (events) => void writeSync(descriptor, textOf(events)), close: () => closeSync(descriptor) };
}

function endsInNewline(descriptor: number): boolean {
  const { size } = fstatSync(descriptor);
  const last = Buffer.alloc(1);
  return size === 0 || (readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] === 10);
}

/** What is not wrong but likely not meant. */
function warningsOf({ node, peers, planFile }: NodeConfig, { plan, notes }: NodePlan): string[] {
  const neighbours = new Set<number>();
  for (const { from, to } of plan.contacts) if (from === node) neighbours.add(to);
  const without = [...neighbours].filter((each) => !peers.has(each)).sort((a, b) => a - b);
  const unknown = [...peers.keys()].filter((each) => !plan.nodes.includes(each)).sort((a, b) => a - b);
  const warnings = notes.map(({ line, message }) => `${planFile}${line === undefined ? '' : `:${line}`}: ${message}`);
  if (without.length > 0) warnings.push(`the plan has contacts to ${listed(without)}, for which peers has no address`);
  if (unknown.length > 0) warnings.push(`peers names ${listed(unknown)}, which the plan does not`);
  return warnings;
}

/** Nodes that a message names where there are many. */
const MAX_LISTED = 8;

function listed(nodes: readonly number[]): string {
  const more = nodes.length > MAX_LISTED ? ` and ${nodes.length - MAX_LISTED} more` : '';
  return `${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.slice(0, MAX_LISTED).join(', ')}${more}`;
}

function checkText(file: string, config: NodeConfig, { plan, epochUnixUs }: NodePlan): string {
  const { node, listen, store, mailbox } = config;
  const own = plan.contacts.filter(({ from }) => from === node).length;
  const epoch = new Date(epochUnixUs / 1_000).toISOString();
  return [
    `${file}: right`,
    `  node ${node} on ${listen.host}:${listen.port}, ${plural(config.peers.size, 'peer')}`,
    `  ${config.planFile}: ${plural(plan.contacts.length, 'contact')}, ${own} of them this node's, from ${epoch}`,
    `  store ${store.kind === 'memory' ? 'in memory' : store.folder}, mailbox ${mailbox.folder}`,
    `  control socket ${config.control}`,
    '',
  ].join('\n');
}
