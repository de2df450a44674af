/**
 * What the promise costs on a real socket: bundles from node to node over UDP on 127.0.0.1 between two processes, without custody, with
 * custody in memory, and with custody on disk at both ends, beside bare datagrams of the same size and, for the disk, two processes
 * that only write. The receiving application grants credit, so that nothing is lost for want of buffers; what a paced sender reaches
 * without it stands beside.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BenchRow, median, medianRatio, printRows } from './bench.js';

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
  readonly sent: number;
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

/** Rounds of all measurements, which interleave, so that a busy machine hurts all of them alike. */
const ROUNDS = 3;
const MEASURED_MS = 1_800;

/**
 * Both processes warm up for this long, and until each has had this much of a processor, which on a busy machine takes longer: before
 * that their code is still being compiled. One that mostly waits, for a disk say, is not waited for longer than the most.
 */
const WARM_UP_MS = 1_200;
const WARM_UP_CPU_US = 1_200_000;
const MOST_WARM_UP_MS = 6_000;

/** How often a warming process is looked at. */
const LOOK_EVERY_MS = 300;

/** The sizes of payloads, and what is asked for in each. */
interface Size {
  readonly name: string;
  readonly sizeBytes: number;
  /** Bundles under way: as many as the buffer of a socket holds. */
  readonly window: number;
  /** The same where they wait for a flush, which takes the longer the fewer it covers. */
  readonly diskWindow: number;
  /** Of the paced sender. */
  readonly perSecond: number;
  /** The least share of bare datagrams for bundles without custody. */
  readonly plainGoal: number;
}

const SIZES: readonly Size[] = [
  { name: '1 KiB', sizeBytes: 1024, window: 2_048, diskWindow: 8_192, perSecond: 50_000, plainGoal: 1 / 3 },
  { name: '60 KiB', sizeBytes: 60 * 1024, window: 96, diskWindow: 512, perSecond: 5_000, plainGoal: 1 / 2 },
];

const CUSTODY_GOAL = 0.75;
const DURABLE_GOAL = { ofPlain: 1 / 3, perSecond: 25_000, ofDisk: 0.7 };

/** What is measured of each size. */
const KINDS = ['bare', 'plain', 'custody', 'durable', 'disk', 'paced'] as const;
type Kind = (typeof KINDS)[number];

/** Rows for every size: bundles a second with their goals, the processors' time, losses without flow control, bytes of custody. */
export async function udpBench(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of SIZES) {
    const rates: { readonly [kind in Kind]: Rate[] } = {
      bare: [],
      plain: [],
      custody: [],
      durable: [],
      disk: [],
      paced: [],
    };
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of KINDS) rates[kind].push(await rateOf(optionsOf(kind, size)));
    }
    rows.push(...rowsOf(size, rates));
  }
  return [...rows, ...(await custodyBytesRows())];
}

function optionsOf(kind: Kind, { sizeBytes, window, diskWindow, perSecond }: Size): EndOptions {
  const plain: EndOptions = { kind: 'node', sizeBytes, custody: false, window };
  switch (kind) {
    case 'bare':
    case 'disk':
      return { ...plain, kind };
    case 'plain':
      return plain;
    case 'paced':
      return { ...plain, rate: perSecond };
    case 'custody':
      return { ...plain, custody: true };
    default:
      return { ...plain, custody: true, store: 'lmdb', window: diskWindow };
  }
}

function rowsOf({ name, plainGoal, perSecond }: Size, rates: { readonly [kind in Kind]: Rate[] }): BenchRow[] {
  const ratio = (kind: Kind, peer: Kind) => medianRatio(speeds(rates[kind]), speeds(rates[peer]));
  const row = (kind: Kind, what: string, more: Partial<BenchRow> = {}): BenchRow => ({
    name: `${name} ${what}`,
    value: median(speeds(rates[kind])),
    unit: 'bundles/s',
    ...more,
  });
  const isShort = name === SIZES[0]?.name;
  const durable = isShort
    ? [{ peer: 'no custody', ratio: ratio('durable', 'plain'), goal: DURABLE_GOAL.ofPlain }]
    : [{ peer: 'two processes that only write', ratio: ratio('durable', 'disk'), goal: DURABLE_GOAL.ofDisk }];
  const lost = median(rates.paced.map(({ lostShare }) => lostShare));
  return [
    row('bare', 'bare datagrams'),
    row('plain', 'no custody', {
      comparisons: [{ peer: 'bare datagrams', ratio: ratio('plain', 'bare'), goal: plainGoal }],
    }),
    row('custody', 'custody in memory', {
      comparisons: [{ peer: 'no custody', ratio: ratio('custody', 'plain'), goal: CUSTODY_GOAL }],
    }),
    row('durable', 'custody on disk at both ends', {
      comparisons: durable,
      ...(isShort && { atLeast: DURABLE_GOAL.perSecond }),
    }),
    row('disk', 'two processes that only write, in 4 MiB pieces'),
    row('paced', `no custody, paced at ${perSecond.toLocaleString('en-US')}/s without credit`),
    { name: `${name} lost of those`, value: 100 * lost, unit: '%' },
    ...(['bare', 'plain', 'custody', 'durable'] as const).flatMap((kind) => [
      { name: `${name} ${kind}: sender`, value: median(rates[kind].map((rate) => rate.sendCpuUs)), unit: 'CPU us' },
      {
        name: `${name} ${kind}: receiver`,
        value: median(rates[kind].map((rate) => rate.receiveCpuUs)),
        unit: 'CPU us',
      },
    ]),
  ];
}

/** What custody adds to a bundle of 1 KiB on the wire, its signals included, with signals for many bundles and for each. */
async function custodyBytesRows(): Promise<BenchRow[]> {
  const [size] = SIZES as [Size];
  const { sizeBytes, window } = size;
  const bytes = async (custody: boolean, signalLimit?: number) => {
    const options: EndOptions = { kind: 'node', sizeBytes, custody, window };
    const { wireBytes } = await rateOf(signalLimit === undefined ? options : { ...options, signalLimit });
    return wireBytes;
  };
  const plain = await bytes(false);
  const gathered = (await bytes(true)) - plain;
  const single = (await bytes(true, 1)) - plain;
  return [
    { name: 'custody-bytes: on the wire for each bundle', value: gathered, unit: 'bytes' },
    {
      name: 'custody-bytes: with a signal for each bundle',
      value: single,
      unit: 'bytes',
      comparisons: [{ peer: 'signals for many', ratio: single / gathered }],
    },
  ];
}

function speeds(rates: readonly Rate[]): number[] {
  return rates.map(({ perSecond }) => perSecond);
}

/** The two processes of one measurement. */
class Pair {
  readonly #ends: readonly ChildProcess[];

  constructor(options: EndOptions, folder: string) {
    this.#ends = (['send', 'receive'] as const).map((role) =>
      fork(join(here, 'udp-end.mjs'), [JSON.stringify({ ...options, role, folder })], {
        execArgv: [],
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
    const before = await this.#warmUp();
    await sleep(MEASURED_MS);
    const after = await this.#marks();
    const [sender, receiver] = after.map((mark, end) => difference(mark, before[end] as Mark));
    return {
      perSecond: (1000 * receiver.bundles) / receiver.atMs,
      sendCpuUs: sender.cpuUs / receiver.bundles,
      receiveCpuUs: receiver.cpuUs / receiver.bundles,
      wireBytes: (sender.wireBytes + receiver.wireBytes) / receiver.bundles,
      lostShare: Math.max(0, 1 - receiver.bundles / Math.max(1, sender.sent)),
    };
  }

  async #warmUp(): Promise<Mark[]> {
    const startMs = performance.now();
    await sleep(WARM_UP_MS);
    for (;;) {
      const marks = await this.#marks();
      const isOver = performance.now() - startMs >= MOST_WARM_UP_MS;
      if (isOver || marks.every(({ cpuUs }) => cpuUs >= WARM_UP_CPU_US)) return marks;
      await sleep(LOOK_EVERY_MS);
    }
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
    sent: after.sent - before.sent,
    wireBytes: after.wireBytes - before.wireBytes,
    atMs: after.atMs - before.atMs,
    cpuUs: after.cpuUs - before.cpuUs,
  };
}

async function rateOf(options: EndOptions): Promise<Rate> {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-bench-'));
  const pair = new Pair(options, folder);
  try {
    return await pair.measure();
  } finally {
    await pair.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printRows(await udpBench());
