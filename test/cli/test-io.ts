/** Surroundings of a command that keep what was written. */
import type { Engine, SoakEngine } from '../../src/cli/engine.js';
import type { Io } from '../../src/cli/io.js';
import { main } from '../../src/cli/program.js';
import { fakeEngine } from './fake-engine.js';

/** What a command line left behind. */
export interface Ran {
  readonly status: number;
  /** Standard output as text. */
  readonly out: string;
  /** Standard output byte by byte. */
  readonly outBytes: Uint8Array;
  readonly err: string;
  readonly exits: number[];
}

/** Settings of the surroundings. */
export interface TestIoOptions {
  readonly engine?: Engine;
  readonly soak?: SoakEngine;
  readonly tty?: boolean;
  /** What standard input holds; nothing by default. */
  readonly input?: string | Uint8Array;
  readonly env?: { [name: string]: string | undefined };
  /** Gets a function that stands for Ctrl-C. */
  readonly onReady?: (interrupt: () => void) => void;
}

/** Runs `leodtn` with these arguments. */
export async function leodtn(args: readonly string[], options: TestIoOptions = {}): Promise<Ran> {
  const out: Buffer[] = [];
  let err = '';
  let clock = 0;
  const exits: number[] = [];
  const listeners = new Set<() => void>();
  const io: Io = {
    out: (data) => void out.push(Buffer.from(data)),
    outReady: async () => true,
    async *input() {
      yield Buffer.from(options.input ?? '');
    },
    inIsTty: options.tty === true,
    err: (text) => {
      err += text;
    },
    outIsTty: options.tty === true,
    errIsTty: options.tty === true,
    columns: 100,
    env: options.env ?? {},
    onInterrupt(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onTerminate(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exit: (status) => void exits.push(status),
    now: () => {
      clock += 4_000;
      return clock;
    },
    engine: async () => options.engine ?? fakeEngine().engine,
    soak: async () => {
      if (options.soak === undefined) throw new Error('this test brings no soak');
      return options.soak;
    },
  };
  options.onReady?.(() => {
    for (const listener of listeners) listener();
  });
  const status = await main(args, io);
  const outBytes = new Uint8Array(Buffer.concat(out));
  return { status, out: Buffer.concat(out).toString('utf8'), outBytes, err, exits };
}
