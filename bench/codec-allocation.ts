/**
 * What decoding a bundle allocates, measured in a process of its own: with a young generation so large that nothing is collected
 * meanwhile, the growth of the heap is all that was allocated, garbage included. Objects are counted by V8's sampling profiler with an
 * interval of one byte, which sees every one.
 */
import { spawnSync } from 'node:child_process';
import { Session } from 'node:inspector/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { decodeBundle, encodeBundle } from '../src/bpv7/index.js';
import { sampleBundle, samplePayload } from './codec-sample.js';

const WARM_UP_TIMES = 50_000;
const BYTES_TIMES = 20_000;
const OBJECTS_TIMES = 2_000;

/** Bytes and objects on the JavaScript heap for one decoded bundle, what is garbage after it included. */
export interface Allocation {
  readonly bytes: number;
  readonly objects: number;
  /** Growth of memory outside the heap, which is where a copied payload would be. */
  readonly externalBytes: number;
}

/** Measures in a child process. */
export function allocationPerBundle(payloadBytes: number): Allocation {
  const child = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      '--min-semi-space-size=256',
      '--max-semi-space-size=256',
      '--import',
      'tsx',
      THIS_FILE,
      `${payloadBytes}`,
    ],
    { encoding: 'utf8' },
  );
  if (child.status !== 0) throw new Error(`the allocation cannot be measured: ${child.stderr}`);
  return JSON.parse(child.stdout);
}

const THIS_FILE = fileURLToPath(import.meta.url);

async function measure(payloadBytes: number): Promise<Allocation> {
  const bytes = encodeBundle(sampleBundle(samplePayload(payloadBytes), 0)).slice();
  let blocks = 0;
  const decode = (times: number) => {
    for (let i = 0; i < times; i++) blocks += decodeBundle(bytes).blocks.length;
  };
  decode(WARM_UP_TIMES);
  globalThis.gc?.();
  const before = process.memoryUsage();
  decode(BYTES_TIMES);
  const after = process.memoryUsage();
  if (blocks === 0) throw new Error('nothing was decoded');
  return {
    bytes: (after.heapUsed - before.heapUsed) / BYTES_TIMES,
    objects: (await allocatedObjects(() => decode(OBJECTS_TIMES))) / OBJECTS_TIMES,
    externalBytes: (after.external - before.external) / BYTES_TIMES,
  };
}

async function allocatedObjects(work: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  const options = {
    samplingInterval: 1,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  };
  await session.post('HeapProfiler.startSampling', options);
  work();
  const { profile } = await session.post('HeapProfiler.stopSampling');
  session.disconnect();
  // The types of Node leave `samples` out.
  return (profile as typeof profile & { samples: readonly unknown[] }).samples.length;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await measure(Number(process.argv[2]))));
}
