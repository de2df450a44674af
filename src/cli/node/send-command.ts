/** `leodtn send`: hands a data unit to a running node. */
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { BUNDLE_OVERHEAD_BYTES, MAX_ADU_BYTES } from '../../agent/index.js';
import { messageOf, UsageError } from '../../base/errors.js';
import { TRAFFIC_SERVICE } from '../../runtime/node.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { addNodeOptions, type NodeFlags, withNode } from './connection.js';

interface Flags extends NodeFlags {
  readonly to: { readonly node: number; readonly service: number };
  readonly from: number;
  readonly custody: boolean;
  readonly lifetime: number;
  readonly wait: boolean;
  readonly json?: boolean;
}

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
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn send --config node.yaml --to 5 picture.jpg
  $ date | leodtn send --config node.yaml --to 5.2 --lifetime 600

In custody a data unit travels as one bundle and is as long as a datagram of the node at most; without custody it may be
16 MiB and is fragmented.

Exit status: 0 the node has it durably, 1 it was refused, 2 cannot be sent as asked.
`,
    )
    .action(async (file: string, flags: Flags) => {
      cell.status = await send(file, flags, io);
    });
}

async function send(file: string, flags: Flags, io: Io): Promise<number> {
  return withNode(flags, async (client, config) => {
    const limit = flags.custody ? config.maxBundleBytes - BUNDLE_OVERHEAD_BYTES : MAX_ADU_BYTES;
    const payload = await dataOf(file, limit, io);
    try {
      const { bundle } = (await client.call('send', {
        to: flags.to.node,
        service: flags.to.service,
        sourceService: flags.from,
        custody: flags.custody,
        lifetimeMs: flags.lifetime * 1_000,
        payload: Buffer.from(payload).toString('base64'),
        wait: flags.wait,
      })) as { bundle: string };
      io.out(flags.json === true ? `${JSON.stringify({ bundle, bytes: payload.length })}\n` : `${bundle}\n`);
      return STATUS_OK;
    } catch (error) {
      if (!(error instanceof UsageError) || (error.code !== 'refused' && error.code !== 'node-gone')) throw error;
      io.err(`leodtn: ${error.message}\n`);
      return STATUS_FAILED;
    }
  });
}

/** The data to send. Rejects with a UsageError where it cannot be read, or is longer than may be. */
async function dataOf(file: string, limit: number, io: Io): Promise<Uint8Array> {
  const tooLong = (length: string) =>
    new UsageError(
      'payload-too-large',
      `${file === '-' ? 'standard input' : file}: ${length} bytes; expected at most ${limit}: send it in pieces`,
    );
  if (file !== '-') {
    let data: Uint8Array;
    try {
      data = await readFile(file);
    } catch (error) {
      throw new UsageError('cannot-open-file', `cannot read ${file}: ${messageOf(error)}; expected a file, or -`);
    }
    if (data.length > limit) throw tooLong(String(data.length));
    return data;
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of io.input()) {
    length += piece.length;
    if (length > limit) throw tooLong(`more than ${limit}`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** `5`, `5.2` or `ipn:5.2`. */
function destination(text: string): { node: number; service: number } {
  const found = /^(?:ipn:)?([1-9]\d{0,9})(?:\.([1-9]\d{0,9}))?$/.exec(text);
  if (found === null) throw new InvalidArgumentError('Expected a node and a service, such as 5, 5.2 or ipn:5.2.');
  return { node: Number(found[1]), service: found[2] === undefined ? TRAFFIC_SERVICE : Number(found[2]) };
}
