/** Everything through which a command touches the world, in one object, so that tests bring their own. */
import { type Engine, loadEngine } from './engine.js';

/** The surroundings of a command. */
export interface Io {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  /** Columns of the terminal at standard error. */
  readonly columns: number;
  readonly env: { readonly [name: string]: string | undefined };
  /** Calls `listener` at every Ctrl-C until the function that it returns is called. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once. */
  exit(status: number): void;
  /** Milliseconds of a clock that does not step, for progress lines only. */
  now(): number;
  engine(): Promise<Engine>;
}

/** The real surroundings. A reader that closes its end early (`| head`) does not bring the run down. */
export function nodeIo(): Io {
  const { stdout, stderr } = process;
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    outIsTty: stdout.isTTY === true,
    errIsTty: stderr.isTTY === true,
    columns: stderr.columns ?? 80,
    env: process.env,
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      return () => void process.off('SIGINT', listener);
    },
    exit: (status) => process.exit(status),
    now: () => performance.now(),
    engine: loadEngine,
  };
}
