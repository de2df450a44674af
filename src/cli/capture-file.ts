/** `--pcap FILE`: captures on disk, of the datagrams of a run or of bundles. */
import { messageOf, UsageError } from '../base/errors.js';
import { DTN_EPOCH_UNIX_MS, US_PER_MS } from '../base/time.js';
import type { Eid, PrimaryBlock } from '../bpv7/index.js';
import { type CapturedDatagram, captureHeader, capturePacket } from '../convergence/pcapng.js';
import type { SentDatagram } from '../simulator/report.js';
import { DiskWriter } from './disk-writer.js';

/**
 * A capture that is open for one run. It grows as the run goes on and has no limit but the disk, as events.jsonl has none: to stop
 * in the middle would leave out just what came last.
 */
export class CaptureFile {
  readonly #writer: DiskWriter;

  /** Makes the file, so that a place nobody can write shows before the run and not after it. */
  constructor(file: string) {
    this.#writer = openFile(file);
    this.#writer.add(captureHeader('links'));
  }

  /** What went wrong while writing, such as a full disk; nothing is written after it. */
  get failure(): Error | undefined {
    return this.#writer.failure;
  }

  /** Adds a packet, with comments that say what the link did. */
  add(sent: SentDatagram): void {
    if (this.failure === undefined) this.#writer.add(capturePacket({ ...sent, comments: commentsOf(sent) }));
  }

  /** Writes what is left and closes the file. */
  close(): void {
    this.#writer.close();
  }
}

/**
 * Writes a whole capture. Throws UsageError `pcap-not-writable` where the file cannot be made, `datagram-too-large` for bytes
 * that no datagram holds, and what the disk says where it refuses.
 */
export function writePcap(file: string, datagrams: Iterable<CapturedDatagram>): void {
  const writer = openFile(file);
  try {
    writer.add(captureHeader('bundles'));
    for (const datagram of datagrams) writer.add(capturePacket(datagram));
  } finally {
    writer.close();
  }
  if (writer.failure !== undefined) throw writer.failure;
}

/**
 * A bundle that is on its way nowhere as a packet: from its source node to its destination node, at its creation time. What it
 * lacks is 0: the number of a `dtn` node, the time of a source without a clock, all of it where no primary block could be read.
 */
export function captureOfBundle(
  { primary }: { readonly primary: PrimaryBlock | undefined },
  bytes: Uint8Array,
  comments: readonly string[] = [],
): CapturedDatagram {
  const told = comments.length === 0 ? {} : { comments };
  if (primary === undefined) return { from: 0, to: 0, unixUs: 0, bytes, ...told };
  const unixUs = (DTN_EPOCH_UNIX_MS + Number(primary.creationTimeMs)) * US_PER_MS;
  return {
    from: nodeNumberOf(primary.source),
    to: nodeNumberOf(primary.destination),
    unixUs: primary.creationTimeMs !== 0 && Number.isSafeInteger(unixUs) ? unixUs : 0,
    bytes,
    ...told,
  };
}

function openFile(file: string): DiskWriter {
  if (file === '' || file === '-') {
    const found = file === '' ? 'found no name' : 'found -, and a capture goes to no standard output';
    throw new UsageError('pcap-not-writable', `--pcap: ${found}; expected a file`);
  }
  try {
    return new DiskWriter(file);
  } catch (error) {
    throw new UsageError(
      'pcap-not-writable',
      `--pcap ${file}: cannot write there: ${messageOf(error)}; expected a file in a folder that exists`,
    );
  }
}

function nodeNumberOf(eid: Eid): number {
  return eid.scheme === 'ipn' ? eid.node : 0;
}

function commentsOf({ outcome, isCorrupted, delayUs, copyDelayUs }: SentDatagram): string[] {
  if (outcome === 'lost') return ['lost on the link'];
  if (outcome === 'no-contact') return ['lost: sent while no contact was open'];
  const comments: string[] = [];
  if (isCorrupted) comments.push('damaged on the link: these are the bytes that arrive');
  if (delayUs > 0) comments.push(`delayed on the link by ${delayUs} us`);
  if (copyDelayUs !== undefined) {
    comments.push(
      `repeated on the link: a second copy${isCorrupted ? ', undamaged,' : ''} arrives ${copyDelayUs} us later`,
    );
  }
  return comments;
}
