/** `--pcap` of the bundle commands: the bundles that a command read or made, as packets of a capture. */
import { Option } from 'commander';
import { messageOf, UsageError } from '../../base/errors.js';
import { type Bundle, BundleError } from '../../bpv7/index.js';
import { MAX_DATAGRAM_BYTES } from '../../convergence/udpcl.js';
import { captureOfBundle, writePcap } from '../capture-file.js';
import type { Io } from '../io.js';
import { STATUS_FAILED, STATUS_OK } from '../status.js';

/** A bundle for a capture. */
export interface CapturedBundle {
  /** What it is called in messages. */
  readonly name: string;
  /** What it is, or why it is none: then the packet has the bytes as they are, and a comment. */
  readonly bundle: Bundle | BundleError;
  readonly bytes: Uint8Array;
}

/** `--pcap`, for every command that reads or makes bundles. */
export function pcapOption(): Option {
  return new Option('--pcap <file>', 'write the bundles into a capture too, which Wireshark opens');
}

/**
 * Writes the capture, where one is asked for, and returns the exit status: failed where a bundle fits into no datagram, which is
 * left out, or where the disk is full. Throws a UsageError where the file cannot be made.
 */
export function captureBundles(file: string | undefined, bundles: readonly CapturedBundle[], io: Io): number {
  if (file === undefined) return STATUS_OK;
  const fitting = bundles.filter(({ bytes }) => bytes.length <= MAX_DATAGRAM_BYTES);
  try {
    writePcap(
      file,
      fitting.map(({ bundle, bytes }) => captureOfBundle(bundle, bytes, commentsOf(bundle))),
    );
  } catch (error) {
    if (error instanceof UsageError) throw error;
    io.err(`leodtn: --pcap ${file}: the capture is not whole: ${messageOf(error)}\n`);
    return STATUS_FAILED;
  }
  for (const { name, bytes } of bundles) {
    if (bytes.length <= MAX_DATAGRAM_BYTES) continue;
    io.err(
      `leodtn: ${name}: not in the capture: a bundle of ${bytes.length} bytes does not fit into a UDP datagram, which holds ${MAX_DATAGRAM_BYTES}; fragment it first\n`,
    );
  }
  return fitting.length === bundles.length ? STATUS_OK : STATUS_FAILED;
}

function commentsOf(bundle: Bundle | BundleError): string[] {
  return bundle instanceof BundleError ? [`broken: ${bundle.message}`] : [];
}
