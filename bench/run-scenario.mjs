// Runs one scenario in a process of its own and prints what it cost, as one JSON line. Arguments: FILE, then path=value ...
import { keepHeapSmall } from '../dist/simulator/heap.node.js';
import { loadScenario, runScenario } from '../dist/simulator/index.node.js';

const [file, ...set] = process.argv.slice(2);
// As the command does.
keepHeapSmall();
const scenario = await loadScenario(file, { set });
const { report } = await runScenario(scenario);
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({
    ok: report.jobs.every((job) => job.state === 'done') && report.checks.every((check) => check.ok),
    wallSeconds: report.wallSeconds,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakMegabytes: (maxRSS * 1024) / 1e6,
    virtualSeconds: report.virtualSeconds,
    events: report.network.simulatorEvents,
    transmissions: report.network.transmissions,
    bundles: report.network.bundlesDelivered,
  }),
);
