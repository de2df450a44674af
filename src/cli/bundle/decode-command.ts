/** `leodtn bundle decode`: bundles as an annotated tree or as JSON, or the rule that is broken and where. */
import { type Command, Option } from 'commander';
import {
  type Bundle,
  BundleError,
  type DecodeOptions,
  decodeBundle,
  decodeBundleAt,
  type ProfileName,
} from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { writeLines } from '../output.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { plural, styleFor } from '../style.js';
import { type CapturedBundle, captureBundles, pcapOption } from './capture.js';
import type { JsonObject } from './fields.js';
import { hintHex, readHexLines, readInput } from './input.js';
import { AllowanceList, bundleJson, errorJson } from './json.js';
import { treeLines } from './tree.js';

interface DecodeFlags {
  readonly hex?: boolean;
  readonly profile: ProfileName;
  readonly json?: boolean;
  readonly many?: boolean;
  readonly pcap?: string;
}

/** Adds the command to the group. */
export function addDecodeCommand(group: Command, io: Io, cell: StatusCell): void {
  group
    .command('decode')
    .description('print a bundle as an annotated tree, or the rule that it breaks and where')
    .argument('[file]', 'file with one bundle; standard input where it is left out or -')
    .option('--hex', 'the input is hex: white space and a leading 0x are passed over')
    .addOption(profileOption())
    .option('--json', 'print one JSON object on standard output, also for a broken bundle')
    .option('--many', 'the input is any number of bundles; print JSON Lines')
    .addOption(pcapOption())
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle decode captured.bin
        every field: offset, bytes, name, meaning, section of the standard
  $ echo 9f89...ff | leodtn bundle decode --hex
  $ leodtn bundle decode captured.bin --profile lenient
        take what deployed implementations send against the letter of the standard, and mark each deviation
  $ leodtn bundle decode captured.bin --json | jq .primary.destination
  $ leodtn bundle decode captured.bin --pcap captured.pcapng
        the same bundle for Wireshark
  $ leodtn bundle decode --many --hex lines.txt | jq -c 'select(.error)'

The input is exactly one bundle; anything behind it is bundle-trailing-bytes. JSON: {primary, blocks, profile, allowances}; numbers
above 2^53-1 are decimal strings, times are DTN milliseconds, data is hex; names of numbers stand in fields of their own, such as
flagNames. A broken bundle is {error: {code, section, offset, block, message}}; block counts from 0, the primary block, and is null
where the fault is in no block.

With --many each line of the output is the object of one bundle, with its index from 0. Raw bundles stand one behind the other: each
object has the offset of its bundle, the offsets in it count from the start of the input, and reading ends at the first broken
bundle, since nothing tells where the next one begins. With --hex a bundle is a line: each object has the number of its line,
the offsets in it count from the start of the bundle, and reading goes on behind a broken one; empty lines are passed
over, and a line that is no hex is a wrong input: status 2 with nothing printed. No bundle at all is no line.

Exit status: 0 all is right, 1 a bundle breaks a rule, 2 cannot be run as asked.
`,
    )
    .action(async (file: string | undefined, flags: DecodeFlags) => {
      if (flags.many === true) cell.status = await decodeMany(file, flags, io);
      else cell.status = await decodeOne(file, flags, io);
    });
}

/** `--profile`, for every command that reads bundles. */
export function profileOption(): Option {
  return new Option('--profile <name>', 'how strictly bundles are read')
    .choices(['strict', 'lenient'])
    .default('strict');
}

async function decodeOne(file: string | undefined, flags: DecodeFlags, io: Io): Promise<number> {
  const { name, bytes } = await readInput(file, flags.hex === true, io);
  const allowances = new AllowanceList();
  const result = tryDecode(() => decodeBundle(bytes, optionsOf(flags, allowances)));
  const status = captureBundles(flags.pcap, [{ name, bundle: result, bytes }], io);
  if (flags.json === true) {
    const object = result instanceof BundleError ? errorJson(result) : bundleJson(result, flags.profile, allowances);
    io.out(`${JSON.stringify(object)}\n`);
  } else {
    await printTree(bytes, result, flags, allowances, io);
  }
  if (!(result instanceof BundleError)) return status;
  if (flags.json !== true) io.err(`leodtn: ${name}: ${result.message}\n`);
  if (flags.hex !== true) hintHex(name, bytes, io);
  return STATUS_FAILED;
}

async function printTree(
  bytes: Uint8Array,
  result: Bundle | BundleError,
  flags: DecodeFlags,
  allowances: AllowanceList,
  io: Io,
): Promise<void> {
  const style = styleFor(io.outIsTty, io.env);
  const error = result instanceof BundleError ? result : undefined;
  await writeLines(treeLines(bytes, error, allowances.told, style), io);
  if (result instanceof BundleError) return;
  const deviations = allowances.count === 0 ? '' : `, ${plural(allowances.count, 'deviation')} let pass`;
  const size = `${plural(bytes.length, 'byte')}, ${plural(result.blocks.length + 1, 'block')}`;
  io.out(`${size}; right by the ${flags.profile} profile${deviations}\n`);
}

async function decodeMany(file: string | undefined, flags: DecodeFlags, io: Io): Promise<number> {
  let status = STATUS_OK;
  // A place that cannot be written shows before anything is read.
  captureBundles(flags.pcap, [], io);
  const read: CapturedBundle[] = [];
  const onBundle = (bundle: CapturedBundle) => {
    if (flags.pcap !== undefined) read.push(bundle);
  };
  const results = flags.hex === true ? hexResults(file, flags, io, onBundle) : rawResults(file, flags, io, onBundle);
  const lines = async function* (): AsyncGenerator<string> {
    for await (const object of results) {
      if (object['error'] !== undefined) status = STATUS_FAILED;
      yield `${JSON.stringify(object)}\n`;
    }
  };
  await writeLines(lines(), io);
  return Math.max(status, captureBundles(flags.pcap, read, io));
}

/** One object for each bundle of a raw input, up to the first broken one. */
async function* rawResults(
  file: string | undefined,
  flags: DecodeFlags,
  io: Io,
  onBundle: (bundle: CapturedBundle) => void,
): AsyncGenerator<JsonObject> {
  const { name, bytes } = await readInput(file, false, io);
  let offset = 0;
  for (let index = 0; offset < bytes.length; index++) {
    const allowances = new AllowanceList();
    const result = tryDecode(() => decodeBundleAt(bytes, offset, optionsOf(flags, allowances)));
    if (result instanceof BundleError) {
      onBundle({ name: `${name}: bundle ${index}`, bundle: result, bytes: bytes.subarray(offset) });
      yield { ...errorJson(result), index, offset };
      if (index === 0) hintHex(name, bytes, io);
      io.err(`leodtn: ${name}: bundle ${index} is broken, and where the next one begins cannot be told\n`);
      return;
    }
    const { bundle, end } = result;
    onBundle({ name: `${name}: bundle ${index}`, bundle, bytes: bytes.subarray(offset, end) });
    yield { ...bundleJson(bundle, flags.profile, allowances), index, offset };
    offset = end;
  }
}

/** One object for each line of hex. */
async function* hexResults(
  file: string | undefined,
  flags: DecodeFlags,
  io: Io,
  onBundle: (bundle: CapturedBundle) => void,
): AsyncGenerator<JsonObject> {
  const { name, lines } = await readHexLines(file, io);
  let index = 0;
  for (const { line, bytes } of lines) {
    const allowances = new AllowanceList();
    const result = tryDecode(() => decodeBundle(bytes, optionsOf(flags, allowances)));
    const isBroken = result instanceof BundleError;
    onBundle({ name: `${name}:${line}`, bundle: result, bytes });
    const object = isBroken ? errorJson(result) : bundleJson(result, flags.profile, allowances);
    yield { ...object, index, line };
    index++;
  }
}

function optionsOf({ profile }: DecodeFlags, allowances: AllowanceList): DecodeOptions {
  return { profile, onAllowance: allowances.add };
}

function tryDecode<T>(decode: () => T): T | BundleError {
  try {
    return decode();
  } catch (thrown) {
    if (thrown instanceof BundleError) return thrown;
    throw thrown;
  }
}
