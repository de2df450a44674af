/**
 * bp7-rs, the Rust implementation, as a peer: builds the program under bench/bp7-rs in release mode where cargo is on the machine,
 * and runs it as a process that takes one command at a time. It measures its own CPU time.
 */
import { fileURLToPath } from 'node:url';
import { buildPeer, PeerProcess } from './peer-process.js';

const FOLDER = fileURLToPath(new URL('./bp7-rs', import.meta.url));

/** What the program found when it looked at our bytes. */
export interface PeerCheck {
  readonly bytesEqual: boolean;
  readonly accepted: boolean;
  /** A flipped bit in the blocks with a CRC is always reported. */
  readonly damagedReported: boolean;
  /** The bundle as it encodes it. */
  readonly hex: string;
}

/** The running program; `close` ends it. */
export class Bp7Rs {
  readonly #process: PeerProcess;

  constructor(program: string) {
    this.#process = new PeerProcess('bp7-rs', program);
  }

  /** Compares the sample bundle in its encoding with ours. */
  async check(payloadBytes: number, hex: string): Promise<PeerCheck> {
    return (await this.#process.ask(`check ${payloadBytes} ${hex}`)) as PeerCheck;
  }

  /** CPU seconds for so many bundles. */
  async cpuSeconds(what: 'encode' | 'decode', payloadBytes: number, times: number): Promise<number> {
    return ((await this.#process.ask(`${what} ${payloadBytes} ${times}`)) as { cpuSeconds: number }).cpuSeconds;
  }

  close(): void {
    this.#process.close();
  }
}

/** Builds and starts the program; a line that says why not where that cannot be. */
export function startBp7Rs(): Bp7Rs | string {
  return buildPeer('bp7-rs', FOLDER) ?? new Bp7Rs(`${FOLDER}/target/release/bp7-bench`);
}
