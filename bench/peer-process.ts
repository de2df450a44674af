/** A peer written in Rust: built with cargo, run as a process that answers each line on stdin with one line of JSON. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** The running program; `close` ends it. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  constructor(
    readonly name: string,
    program: string,
  ) {
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** Sends one command and returns what its answer holds. */
  async ask(command: string): Promise<unknown> {
    this.#child.stdin?.write(`${command}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`${this.name}: the program ended early`);
    return JSON.parse(value);
  }

  close(): void {
    this.#child.stdin?.end();
    this.#lines.close();
  }
}

/**
 * Builds the crate in `folder` in release mode, from what cargo has already or else from where the crate names its parts;
 * undefined when that went well, otherwise a line that says why not.
 */
export function buildPeer(name: string, folder: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (spawnSync('cargo', ['--version']).status !== 0) return `${name}: cargo is not here, not measured`;
  const build = (...more: string[]) =>
    spawnSync('cargo', ['build', '--release', '--locked', '--quiet', ...more], { cwd: folder, env, encoding: 'utf8' });
  let result = build('--offline');
  if (result.status !== 0) {
    console.log(`${name}: the first build fetches its sources`);
    result = build();
  }
  if (result.status === 0) return undefined;
  return `${name}: cargo cannot build it, not measured: ${result.stderr.trim().split('\n').at(-1) ?? ''}`;
}
