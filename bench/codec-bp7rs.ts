/**
 * bp7-rs, the Rust implementation, as a peer: builds the program under bench/bp7-rs in release mode where cargo is on the machine,
 * and runs it as a process that takes one command at a time. It measures its own CPU time.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

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
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor(program: string) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** Compares the sample bundle in its encoding with ours. */
  async check(payloadBytes: number, hex: string): Promise<PeerCheck> {
    return JSON.parse(await this.#ask(`check ${payloadBytes} ${hex}`));
  }

  /** CPU seconds for so many bundles. */
  async cpuSeconds(what: 'encode' | 'decode', payloadBytes: number, times: number): Promise<number> {
    return JSON.parse(await this.#ask(`${what} ${payloadBytes} ${times}`)).cpuSeconds;
  }

  close(): void {
    this.#child.stdin?.end();
    this.#lines.close();
  }

  async #ask(command: string): Promise<string> {
    this.#child.stdin?.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('bp7-rs: the program ended early');
    return value;
  }
}

/** Builds and starts the program; a line that says why not where that cannot be. */
export function startBp7Rs(): Bp7Rs | string {
  if (spawnSync('cargo', ['--version']).status !== 0) return 'bp7-rs: cargo is not here, not measured';
  const build = (...more: string[]) =>
    spawnSync('cargo', ['build', '--release', '--locked', '--quiet', ...more], { cwd: FOLDER, encoding: 'utf8' });
  let result = build('--offline');
  if (result.status !== 0) {
    console.log('bp7-rs: the first build takes the crate from the registry');
    result = build();
  }
  if (result.status !== 0) return `bp7-rs: cargo cannot build it, not measured: ${lastLine(result.stderr)}`;
  return new Bp7Rs(`${FOLDER}/target/release/bp7-bench`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
