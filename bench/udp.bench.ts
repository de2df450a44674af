/**
 * What the promise costs on a real socket: bundles from node to node over UDP on 127.0.0.1 between two processes, without custody, with
 * custody in memory, and with custody on disk at both ends, beside bare datagrams of the same size and, for the disk, two processes
 * that only write. The receiving application grants credit, so that nothing is lost for want of buffers; what a paced sender reaches
 * without it stands beside.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BenchRow, median, printRows } from './bench.js';

const here = dirname(fileURLToPath(import.meta.url));

/** What one process is told; the same for both but the role. */
interface EndOptions {
  readonly kind: 'bare' | 'node' | 'disk';
  readonly sizeBytes: number;
  readonly custody: boolean;
  readonly store?: 'memory' | 'lmdb';
  /** Bundles under way at the most. */
  readonly window: number;
  /** Bundles a second in place of a window. */
  readonly rate?: number;
  /** Bundles that a custody signal covers before it leaves; default the node's. */
  readonly signalLimit?: number;
}

/** What a process has counted so far. */
interface Mark {
  readonly bundles: number;
  readonly lost: number;
  readonly wireBytes: number;
  readonly atMs: number;
  readonly cpuUs: number;
}

/** What a pair of processes did in a second, and for a bundle. */
interface Rate {
  readonly perSecond: number;
  readonly sendCpuUs: number;
  readonly receiveCpuUs: number;
  readonly wireBytes: number;
  readonly lostShare: number;
}

const ROUNDS = 3;
const WARM_UP_MS = 1_200;
const MEASURED_MS = 1_800;

const SIZES = [
  { name: '1 KiB', sizeBytes: 1024, window: 2_048, diskWindow: 8_192, paces: [50_000] },
  { name: '60 KiB', sizeBytes: 60 * 1024, window: 96, diskWindow: 512, paces: [5_000] },
];

/** The two processes of one measurement. */
class Pair {
  readonly #ends: readonly ChildProcess[];

  constructor(options: EndOptions, folder: string) {
    this.#ends = (['send', 'receive'] as const).map((role) =>
      fork(join(here, 'udp-end.mjs'), [JSON.stringify({ ...options, role, folder })], {
        execArgv: process.env['UDP_PROF'] === role ? ['--cpu-prof', '--cpu-prof-dir=/tmp/perf-prof'] : [],
      }),
    );
  }

  /** Lets both warm up, and measures. */
  async measure(): Promise<Rate> {
    const ports = await Promise.all(this.#ends.map((end) => messageOf<{ port: number; creditPort: number }>(end)));
    // The receiver first, so that it hears the first bundle.
    this.#ends[1].send(ports[0]);
    await sleep(50);
    this.#ends[0].send(ports[1]);
    await sleep(WARM_UP_MS);
    const before = await this.#marks();
    await sleep(MEASURED_MS);
    const after = await this.#marks();
    const [sender, receiver] = after.map((mark, end) => difference(mark, before[end] as Mark));
    return {
      perSecond: (1000 * receiver.bundles) / receiver.atMs,
      sendCpuUs: sender.cpuUs / receiver.bundles,
      receiveCpuUs: receiver.cpuUs / receiver.bundles,
      wireBytes: (sender.wireBytes + receiver.wireBytes) / receiver.bundles,
      lostShare: sender.lost === 0 ? 0 : sender.lost / (sender.lost + receiver.bundles),
    };
  }

  async close(): Promise<void> {
    const ended = this.#ends.map((end) => new Promise((resolve) => end.once('exit', resolve)));
    for (const end of this.#ends) end.disconnect();
    await Promise.all(ended);
  }

  #marks(): Promise<Mark[]> {
    return Promise.all(
      this.#ends.map((end) => {
        const answer = messageOf<Mark>(end);
        end.send({ kind: 'mark' });
        return answer;
      }),
    );
  }
}

function messageOf<T>(end: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null) => reject(new Error(`a process of the bench ended with status ${code}`));
    end.once('exit', exited);
    end.once('message', (message) => {
      end.off('exit', exited);
      resolve(message as T);
    });
  });
}

function difference(after: Mark, before: Mark): Mark {
  return {
    bundles: after.bundles - before.bundles,
    lost: after.lost - before.lost,
    wireBytes: after.wireBytes - before.wireBytes,
    atMs: after.atMs - before.atMs,
    cpuUs: after.cpuUs - before.cpuUs,
  };
}

export async function rateOf(options: EndOptions): Promise<Rate> {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-bench-'));
  const pair = new Pair(options, folder);
  try {
    return await pair.measure();
  } finally {
    await pair.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
