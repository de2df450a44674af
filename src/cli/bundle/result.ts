/** What the commands share that make one bundle, of another one or of a spec: how it is read, and what happens before it is written. */
import { type Bundle, BundleError, decodeBundle, faultInWords, type ProfileName } from '../../bpv7/index.js';
import type { Io } from '../io.js';
import { STATUS_FAILED } from '../status.js';
import { type CapturedBundle, captureBundles } from './capture.js';
import { hintHex, readInput } from './input.js';
import { AllowanceList } from './json.js';
import { type OutputFlags, writeBundles } from './output.js';

/** How a bundle is read. */
export interface ReadFlags {
  readonly hex?: boolean;
  readonly profile: ProfileName;
}

/** How and where a bundle is written. */
export interface ResultFlags extends OutputFlags {
  readonly profile: ProfileName;
  readonly pcap?: string;
}

/** A bundle with the name of where it came from. */
export interface NamedBundle {
  readonly name: string;
  readonly bundle: Bundle;
}

/**
 * The bundle of an input that is exactly one. Where it breaks a rule `onBroken` is told, which by default writes the rule to
 * standard error, and there is none.
 */
export async function readOneBundle(
  file: string | undefined,
  flags: ReadFlags,
  io: Io,
  onBroken: (name: string, error: BundleError) => void = (name, { message }) => io.err(`leodtn: ${name}: ${message}\n`),
): Promise<NamedBundle | undefined> {
  const { name, bytes } = await readInput(file, flags.hex === true, io);
  try {
    return { name, bundle: decodeBundle(bytes, { profile: flags.profile }) };
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    onBroken(name, error);
    if (flags.hex !== true) hintHex(name, bytes, io);
    return undefined;
  }
}

/**
 * Writes a bundle, and the capture with it, and returns the exit status. What a decoder would refuse is not written; what the
 * lenient profile lets pass is told. Throws a UsageError where a file cannot be written.
 */
export async function writeResult(made: CapturedBundle, flags: ResultFlags, io: Io): Promise<number> {
  const { name, bytes } = made;
  const allowances = new AllowanceList();
  try {
    decodeBundle(bytes, { profile: flags.profile, onAllowance: allowances.add });
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    io.err(`leodtn: ${name}: the bundle would break ${error.message}; nothing is written\n`);
    return STATUS_FAILED;
  }
  for (const each of allowances.told) io.err(`leodtn: ${name}: let pass: ${faultInWords(each)}\n`);
  const status = captureBundles(flags.pcap, [made], io);
  await writeBundles([bytes], flags, io);
  return status;
}
