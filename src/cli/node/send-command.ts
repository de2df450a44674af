/** `leodtn send`: hands a data unit to a running node. */
import { type Command, InvalidArgumentError } from 'commander';
import { BUNDLE_OVERHEAD_BYTES, MAX_ADU_BYTES } from '../../agent/index.js';
import { UsageError } from '../../base/errors.js';
import type { NodeConfig } from '../../node/config-file.node.js';
import { ControlClient } from '../../node/control-client.node.js';
import { TRAFFIC_SERVICE } from '../../runtime/node.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { addNodeOptions, configOf, type NodeFlags } from './connection.js';
import { DataSource } from './data-source.js';
import { sendStream } from './send-stream.js';

/** The options of `leodtn send`. */
export interface Flags extends NodeFlags {
  readonly to: { readonly node: number; readonly service: number };
  readonly from: number;
  readonly custody: boolean;
  readonly lifetime: number;
  readonly wait: boolean;
  readonly stream?: string;
  readonly untilDelivered?: boolean;
  readonly json?: boolean;
}

/** What a command that sends comes to. */
export interface Sent {
  /** What it says, the name first. */
  readonly sent: { readonly [field: string]: string | number };
  /** Why nothing was sent; undefined where it was. */
  readonly refusal: string | undefined;
}

/** Codes of refusals that are nobody's mistake. */
const REFUSALS: ReadonlySet<string> = new Set(['refused', 'node-gone', 'closed']);

/** A day: what waits for contacts waits for long. */
const DEFAULT_LIFETIME_SECONDS = 86_400;

/** Adds the command to the program. */
export function addSendCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('send')
    .description('hand data to a running node, which sends it; answers when the node has it durably')
    .argument('[file]', 'what to send; - is standard input', '-');
  addNodeOptions(command)
    .requiredOption('--to <node[.service]>', 'where to; the service is 2 unless given', destination)
    .option('--from <service>', 'service of this node that it comes from', wholeNumber(2), TRAFFIC_SERVICE)
    .option('--no-custody', 'let the network lose it')
    .option('--lifetime <seconds>', 'how long it may be under way', wholeNumber(1), DEFAULT_LIFETIME_SECONDS)
    .option('--no-wait', 'fail with exit status 1 where the store of the node is full, instead of waiting for room')
    .option(
      '--stream <name>',
      'send it as a stream of that name, however short; the same name again goes on where it was',
    )
    .option('--until-delivered', 'of a stream: wait until the other end has all of it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn send --config node.yaml --to 5 picture.jpg
  $ date | leodtn send --config node.yaml --to 5.2 --lifetime 600

What fits into one bundle travels as one, and lies in the mailbox of its service at the other end. What is longer travels as a
stream, in order, and lies under streams; the node takes no more of it at a time than it can hold, so that a file of any length, or a
pipe, may be sent. The command lives through restarts of the node then. Without custody there are no streams, and a bundle may
be 16 MiB and is fragmented.

Exit status: 0 the node has it durably, 1 it was refused, 2 cannot be sent as asked.
`,
    )
    .action(async (file: string, flags: Flags) => {
      cell.status = await send(file, flags, io);
    });
}

async function send(file: string, flags: Flags, io: Io): Promise<number> {
  const config = await configOf(flags);
  const { custody, stream } = flags;
  const limit = custody ? config.maxBundleBytes - BUNDLE_OVERHEAD_BYTES : MAX_ADU_BYTES;
  const source = new DataSource(file, io);
  const isStream = stream !== undefined || (await source.head(limit + 1)).length > limit;
  if (isStream && !custody) {
    throw new UsageError(
      'payload-too-large',
      `${source.name}: expected at most ${limit} bytes without custody, and no --stream`,
    );
  }
  const end = isStream
    ? await sendStream(config, flags, source)
    : await sendOne(config, flags, await source.head(limit));
  if (end.refusal !== undefined) {
    io.err(`leodtn: ${end.refusal}\n`);
    return STATUS_FAILED;
  }
  io.out(flags.json === true ? `${JSON.stringify(end.sent)}\n` : `${Object.values(end.sent)[0]}\n`);
  return STATUS_OK;
}

/** One data unit as one bundle. */
async function sendOne(config: NodeConfig, flags: Flags, payload: Uint8Array): Promise<Sent> {
  const client = await ControlClient.connect(config.control);
  try {
    const { bundle } = (await client.call(
      'send',
      {
        to: flags.to.node,
        service: flags.to.service,
        sourceService: flags.from,
        custody: flags.custody,
        lifetimeMs: flags.lifetime * 1_000,
        wait: flags.wait,
      },
      payload,
    )) as { bundle: string };
    return { sent: { bundle, bytes: payload.length }, refusal: undefined };
  } catch (error) {
    if (error instanceof UsageError && REFUSALS.has(error.code)) return { sent: {}, refusal: error.message };
    throw error;
  } finally {
    client.close();
  }
}

/** `5`, `5.2` or `ipn:5.2`. */
function destination(text: string): { node: number; service: number } {
  const found = /^(?:ipn:)?([1-9]\d{0,9})(?:\.([1-9]\d{0,9}))?$/.exec(text);
  if (found === null) throw new InvalidArgumentError('Expected a node and a service, such as 5, 5.2 or ipn:5.2.');
  return { node: Number(found[1]), service: found[2] === undefined ? TRAFFIC_SERVICE : Number(found[2]) };
}
