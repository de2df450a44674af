/** Everything through which a command touches the world, in one object, so that tests bring their own. */
import { type Engine, loadEngine, loadSoak, type SoakEngine } from './engine.js';

/** The surroundings of a command. */
export interface Io {
  /** Writes text, or bytes as they are, to standard output. */
  out(data: string | Uint8Array): void;
  /** Resolves when standard output takes more, for those who write much: to false where nobody reads it any more. */
  outReady(): Promise<boolean>;
  /** Writes to standard error. */
  err(text: string): void;
  /** Standard input, to be read once. */
  input(): AsyncIterable<Uint8Array>;
  readonly inIsTty: boolean;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Columns of the terminal at standard error. */
  readonly columns: number;
  readonly env: { readonly [name: string]: string | undefined };
  /** Calls `listener` at every Ctrl-C until the function that it returns is called. */
  onInterrupt(listener: () => void): () => void;
  /** Calls `listener` when the process is asked to end, as a supervisor does it (SIGTERM), until the function that it returns is called. */
  onTerminate(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(status: number): void;
  /** Milliseconds of a clock that does not step, for progress lines only. */
  now(): number;
  engine(): Promise<Engine>;
  soak(): Promise<SoakEngine>;
}

/** The real surroundings. A reader that closes its end early (`| head`) does not bring the run down. */
export function nodeIo(): Io {
  const { stdout, stderr } = process;
  const output = new Output(stdout);
  stderr.on('error', ignoreBrokenPipe);
  return {
    out: (data) => output.write(data),
    outReady: () => output.ready(),
    err: (text) => void stderr.write(text),
    input: () => process.stdin,
    inIsTty: process.stdin.isTTY === true,
    outIsTty: stdout.isTTY === true,
    errIsTty: stderr.isTTY === true,
    columns: stderr.columns ?? 80,
    env: process.env,
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
    onTerminate(listener) {
      process.on('SIGTERM', listener);
      return () => void process.off('SIGTERM', listener);
    },
    exit: (status) => process.exit(status),
    now: () => performance.now(),
    engine: loadEngine,
    soak: loadSoak,
  };
}

/** Standard output, and whether anybody still reads it. */
class Output {
  #isClosed = false;

  constructor(private readonly stream: NodeJS.WriteStream) {
    stream.on('error', (error) => {
      ignoreBrokenPipe(error);
      this.#isClosed = true;
    });
  }

  write(data: string | Uint8Array): void {
    if (!this.#isClosed) this.stream.write(data);
  }

  async ready(): Promise<boolean> {
    const { stream } = this;
    if (stream.writableNeedDrain && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        const events = ['drain', 'close', 'error'];
        const settle = () => {
          for (const event of events) stream.off(event, settle);
          resolve();
        };
        for (const event of events) stream.once(event, settle);
      });
    }
    // That a pipe is broken is told in a turn of its own, for which promises alone leave no room.
    await new Promise<void>((resolve) => void setImmediate(resolve));
    return !this.#isClosed;
  }
}

function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
