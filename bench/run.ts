/** `npm run bench`: every bench in one run, with the machine that it ran on. */
import { cpus, totalmem } from 'node:os';
import { printRows } from './bench.js';
import { codecBench } from './codec.bench.js';
import { congestionBench } from './congestion.bench.js';
import { routingBench } from './routing.bench.js';
import { simulatorBench } from './simulator.bench.js';
import { storeBench } from './store.bench.js';
import { udpBench } from './udp.bench.js';

const processors = cpus();
console.log(
  `Machine: ${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 1e9)} GB, ` +
    `Node ${process.versions.node}, ${process.platform} ${process.arch}`,
);
for (const [title, bench] of [
  ['Codec', codecBench],
  ['Routing and orbits', routingBench],
  ['Simulator', simulatorBench],
  ['Congestion', congestionBench],
  ['Bundles over UDP', udpBench],
  ['Durable store', storeBench],
] as const) {
  console.log(`\n${title}`);
  printRows(await bench());
}
