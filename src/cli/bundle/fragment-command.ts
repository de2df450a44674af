/** `leodtn bundle fragment` and `leodtn bundle reassemble`: bundles cut into fragments, and put together again. */
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { messageOf, UsageError } from '../../base/errors.js';
import {
  BUNDLE_FLAGS,
  type Bundle,
  BundleError,
  decodeBundle,
  encodeBundle,
  type FragmentSize,
  fragmentBundle,
  hasFlag,
  type PrimaryBlock,
  type ProfileName,
  payloadOf,
  Reassembler,
  reassemblyKey,
  strictForm,
} from '../../bpv7/index.js';
import type { CommandInput } from '../input-source.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { writeFile } from '../output.js';
import { makeFolder } from '../output-folder.js';
import { STATUS_FAILED, type StatusCell } from '../status.js';
import { plural } from '../style.js';
import { captureBundles, pcapOption } from './capture.js';
import { profileOption } from './decode-command.js';
import { hexJson } from './fields.js';
import { readBundles, readInput } from './input.js';
import { checkOutput, type OutputFlags, writeBundles } from './output.js';

interface FragmentFlags extends OutputFlags {
  readonly size?: number;
  readonly payload?: number;
  readonly profile: ProfileName;
  readonly pcap?: string;
}

interface ReassembleFlags extends OutputFlags {
  readonly many?: boolean;
  readonly onConflict: 'first-wins' | 'refuse';
  readonly profile: ProfileName;
  readonly pcap?: string;
}

/** Adds both commands to the group. */
export function addFragmentCommands(group: Command, io: Io, cell: StatusCell): void {
  group
    .command('fragment')
    .description('cut a bundle into fragments')
    .argument('[file]', 'file with one bundle; standard input where it is left out or -')
    .option('--size <bytes>', 'no fragment is longer than this, all of its blocks counted', wholeNumber(1))
    .option('--payload <bytes>', 'no fragment has more payload than this', wholeNumber(1))
    .option('--out <dir>', 'write each fragment to a file of its own in this folder')
    .option('--hex', 'input and output are hex')
    .addOption(profileOption())
    .addOption(pcapOption())
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle fragment big.bin --size 1400 --out pieces
        pieces/fragment-1-of-8.bin and so on
  $ leodtn bundle fragment big.bin --payload 512 | leodtn bundle reassemble --many - --out same.bin
        fragments one behind the other on standard output; with --hex one a line

One of --size and --payload must be given. A fragment may be cut again. A bundle that is short enough comes out as it is. Extension
blocks go with the first fragment, and with the others where their flags say so.

Exit status: 0 written, 1 the bundle is broken or must not be fragmented, 2 cannot be run as asked, as with a size that holds no
payload.
`,
    )
    .action(async (file: string | undefined, flags: FragmentFlags) => {
      cell.status = await fragment(file, flags, io);
    });
  addReassembleCommand(group, io, cell);
}

function addReassembleCommand(group: Command, io: Io, cell: StatusCell): void {
  group
    .command('reassemble')
    .description('put fragments together')
    .argument('<files...>', 'files with one fragment each, in any order; - is standard input')
    .option('--many', 'a file may hold any number of bundles, one behind the other; with --hex one a line')
    .option('--out <file>', 'write the bundle there and not to standard output')
    .option('--hex', 'input and output are hex')
    .addOption(
      new Option('--on-conflict <how>', 'what to do with a fragment whose bytes differ from those of one before')
        .choices(['first-wins', 'refuse'])
        .default('first-wins'),
    )
    .addOption(profileOption())
    .addOption(pcapOption())
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle reassemble pieces/* --out whole.bin
  $ leodtn bundle reassemble --many --hex fragments.txt | leodtn bundle decode --hex

The files may hold fragments of more than one bundle; what is whole is written, one bundle behind the other, with --hex one a line.
Bundles that are no fragments come out as they are. Repeats are passed over. Standard error tells of conflicts, of fragments that
were refused, and which bytes are missing of a bundle that is not whole.

Exit status: 0 everything is whole, 1 bytes are missing, a fragment was refused or a bundle is broken, 2 cannot be run as asked.
`,
    )
    .action(async (files: string[], flags: ReassembleFlags) => {
      cell.status = await reassemble(files, flags, io);
    });
}

async function fragment(file: string | undefined, flags: FragmentFlags, io: Io): Promise<number> {
  const size = sizeOf(flags);
  const isFolder = flags.out !== undefined && flags.out !== '-';
  if (!isFolder) checkOutput(flags, io);
  const { name, bytes } = await readInput(file, flags.hex === true, io);
  let fragments: Bundle[];
  try {
    fragments = fragmentBundle(readBundle(bytes, flags.profile), size);
  } catch (error) {
    const isOfBundle = error instanceof UsageError && /^(must-not-fragment|fragment-security)$/.test(error.code);
    if (!(error instanceof BundleError) && !isOfBundle) throw error;
    io.err(`leodtn: ${name}: ${messageOf(error)}\n`);
    return STATUS_FAILED;
  }
  const made = fragments.map((bundle, i) => ({
    name: `${name}: fragment ${i + 1}`,
    bundle,
    bytes: encodeBundle(bundle),
  }));
  const encoded = made.map(({ bytes }) => bytes);
  const status = captureBundles(flags.pcap, made, io);
  if (isFolder) writeFolder(flags.out!, encoded, flags.hex === true);
  else await writeBundles(encoded, flags, io);
  const count = fragments.length === 1 ? 'short enough, not fragmented' : plural(fragments.length, 'fragment');
  io.err(`leodtn: ${name}: ${count}\n`);
  return status;
}

function sizeOf({ size, payload }: FragmentFlags): FragmentSize {
  if (size !== undefined && payload === undefined) return { maxBundleBytes: size };
  if (payload !== undefined && size === undefined) return { maxPayloadBytes: payload };
  throw new UsageError('fragment-size', 'expected one of --size BYTES and --payload BYTES');
}

function writeFolder(folder: string, bundles: readonly Uint8Array[], isHex: boolean): void {
  try {
    makeFolder(resolve(folder));
  } catch (error) {
    throw new UsageError(
      'out-not-writable',
      `--out ${folder}: cannot write there: ${messageOf(error)}; expected a folder`,
    );
  }
  const { length } = String(bundles.length);
  bundles.forEach((bytes, i) => {
    const name = `fragment-${String(i + 1).padStart(length, '0')}-of-${bundles.length}`;
    if (isHex) writeFile(join(folder, `${name}.hex`), Buffer.from(`${hexJson(bytes)}\n`));
    else writeFile(join(folder, `${name}.bin`), bytes);
  });
}

/** A bundle as it may be sent: read leniently, it is mended. */
function readBundle(bytes: Uint8Array, profile: ProfileName): Bundle {
  const bundle = decodeBundle(bytes, { profile });
  return profile === 'strict' ? bundle : strictForm(bundle);
}

async function reassemble(files: readonly string[], flags: ReassembleFlags, io: Io): Promise<number> {
  checkOutput(flags, io);
  const work = new Reassembly(flags, io);
  for (const file of files) {
    for (const input of await readBundles(file, flags.hex === true, flags.many === true, flags.profile, io))
      work.add(input);
  }
  work.tellMissing();
  const made = work.whole.map((bundle, i) => ({ name: `bundle ${i + 1}`, bundle, bytes: encodeBundle(bundle) }));
  const status = captureBundles(flags.pcap, made, io);
  await writeBundles(
    made.map(({ bytes }) => bytes),
    flags,
    io,
  );
  return work.isClean ? status : STATUS_FAILED;
}

/** What came of a bundle so far. */
interface Pieces {
  readonly primary: PrimaryBlock;
  /** Start and end of each fragment that was taken. */
  readonly spans: [start: number, end: number][];
}

/** All fragments of one command. */
class Reassembly {
  readonly whole: Bundle[] = [];
  /** Nothing was broken, refused or missing. */
  isClean = true;
  readonly #reassembler: Reassembler;
  readonly #pieces = new Map<string, Pieces>();

  constructor(
    private readonly flags: ReassembleFlags,
    private readonly io: Io,
  ) {
    this.#reassembler = new Reassembler({}, { onConflict: flags.onConflict });
  }

  add({ name, bytes }: CommandInput): void {
    let bundle: Bundle;
    try {
      bundle = readBundle(bytes, this.flags.profile);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.#fault(name, error.message);
      return;
    }
    if (!hasFlag(bundle.primary.flags, BUNDLE_FLAGS.isFragment)) {
      this.whole.push(bundle);
      return;
    }
    // A command has no present: all fragments come at once, and no hold ends.
    const outcome = this.#reassembler.add(bundle, 0);
    for (const { key } of outcome.dropped)
      this.#fault(name, `the unfinished bundle ${key} was dropped, its room was needed`);
    if (outcome.kind === 'refused') this.#fault(name, `the fragment was refused: ${outcome.reason}`);
    else if (outcome.conflict) this.#tell(name, 'the fragment disagrees with one before it, whose bytes were kept');
    if (outcome.kind === 'incomplete') this.#note(bundle);
    if (outcome.kind !== 'complete') return;
    this.#pieces.delete(reassemblyKey(bundle.primary));
    this.whole.push(outcome.bundle);
  }

  /** Tells which bytes are missing. */
  tellMissing(): void {
    for (const [key, { primary, spans }] of this.#pieces) {
      const total = Number(primary.totalAduLength);
      const gaps = gapsOf(spans, total).map(([from, to]) => (to - from === 1 ? String(from) : `${from} to ${to - 1}`));
      const listed =
        gaps.length > MAX_GAPS ? [...gaps.slice(0, MAX_GAPS), `${gaps.length - MAX_GAPS} more gaps`] : gaps;
      this.#fault(`bundle ${key}`, `not whole: of bytes 0 to ${total - 1} there are missing ${listed.join(', ')}`);
    }
  }

  #note({ primary, blocks }: Bundle): void {
    const key = reassemblyKey(primary);
    const pieces = this.#pieces.get(key) ?? { primary, spans: [] };
    const start = Number(primary.fragmentOffset);
    pieces.spans.push([start, start + payloadOf({ primary, blocks }).data.length]);
    this.#pieces.set(key, pieces);
  }

  #fault(name: string, problem: string): void {
    this.isClean = false;
    this.#tell(name, problem);
  }

  #tell(name: string, what: string): void {
    this.io.err(`leodtn: ${name}: ${what}\n`);
  }
}

/** The most gaps that are told of one bundle. */
const MAX_GAPS = 16;

/** Where nothing was received of `total` bytes: starts and ends. */
function gapsOf(spans: readonly [start: number, end: number][], total: number): [number, number][] {
  const gaps: [number, number][] = [];
  let at = 0;
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start > at) gaps.push([at, start]);
    at = Math.max(at, end);
  }
  if (at < total) gaps.push([at, total]);
  return gaps;
}
