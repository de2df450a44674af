/** What it is worth that nodes tell each other how much of their contacts is taken, over each going by the plan and what it knows itself. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadScenario, runScenario } from '../src/simulator/index.node.js';
import type { BenchRow } from './bench.js';
import { printRows } from './bench.js';

const SCENARIO = join(dirname(fileURLToPath(import.meta.url)), '..', 'scenarios', 'congestion.yaml');

/** Longer than the scenario lasts: nothing expires, and what misses its contact shows as delay. */
const PATIENT_SECONDS = 1_700;

/** Rows for the congestion scenario, as figures and as ratios over the same run with `routing.congestion: off`. */
export async function congestionBench(): Promise<BenchRow[]> {
  const flows = (await loadScenario(SCENARIO)).traffic.map((_, flow) => `traffic.${flow}`);
  const patient = flows.map((flow) => `${flow}.lifetimeSeconds=${PATIENT_SECONDS}`);
  const custody = flows.map((flow) => `${flow}.custody=true`);
  return [
    await compared('delivered within 300 s', '% of 540 bundles', [], deliveredPercent),
    await compared('the same, in custody', '% of 540 bundles', custody, deliveredPercent),
    await compared('bundles that wait as long as it takes: mean delay', 's', patient, (n) => n.trafficMeanDelaySeconds),
    await compared(
      'transmissions for each bundle delivered in custody',
      '',
      custody,
      (n) => n.transmissions / n.trafficDelivered,
    ),
  ];
}

type Network = Awaited<ReturnType<typeof runScenario>>['report']['network'];

function deliveredPercent({ trafficDelivered, trafficSent }: Network): number {
  return (100 * trafficDelivered) / trafficSent;
}

async function compared(
  name: string,
  unit: string,
  set: readonly string[],
  of: (network: Network) => number,
): Promise<BenchRow> {
  const [avoid, off] = await Promise.all(
    ['avoid', 'off'].map(async (congestion) => {
      const scenario = await loadScenario(SCENARIO, { set: [...set, `routing.congestion=${congestion}`] });
      return of((await runScenario(scenario)).report.network);
    }),
  );
  return { name, value: avoid, unit, comparisons: [{ peer: 'plain SABR', ratio: avoid / off }] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) printRows(await congestionBench());
