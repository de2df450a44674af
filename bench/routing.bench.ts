/**
 * Contact-plan routing: routes, trees and remembered routes on two public plans and on +Grid constellations of 100 to 10,000
 * satellites, with what plans and graphs cost to make and to keep. A-SABR (routing-asabr.ts) answers the same queries in the same
 * run where it can be built; its answers are compared with ours.
 *
 * `npx tsx bench/routing.bench.ts --plot` also draws the cost against the size into bench/routing-cost.svg.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { ContactGraph } from '../src/routing/index.js';
import { type BenchRow, type Comparison, inDigits, printRows } from './bench.js';
import { type Asabr, startAsabr } from './routing-asabr.js';
import { COST_SIZES, type Cost, costOf, costSvg } from './routing-cost.js';
import { ALTERNATIVES, type Compared, type Measured, measureSearches } from './routing-measure.js';
import { asabrPlan, hdtnPlan } from './routing-plans.js';

/** The most that a median may be, in microseconds, and how many times as fast as A-SABR a route should be. */
interface Goals {
  readonly routeUs: number;
  readonly treeUs?: number;
  readonly rememberedUs?: number;
  readonly timesAsabr?: number;
}

const PUBLIC_PLANS = [
  {
    name: 'A-SABR sample1',
    plan: asabrPlan,
    goals: { routeUs: 1_000, treeUs: 5_000, rememberedUs: 20, timesAsabr: 1 },
  },
  { name: 'HDTN 100nodes', plan: hdtnPlan, goals: { routeUs: 2_000, rememberedUs: 20 } },
] as const;
const EFFORT = { routes: 900, trees: 300, rounds: 7 };

/** For 10,000 satellites. */
const LARGEST_GOALS: Goals = { routeUs: 2_000, treeUs: 20_000, rememberedUs: 20 };
const LARGEST_PLAN_MS = 1_000;

/** Measures everything and returns its rows. */
export async function routingBench(): Promise<BenchRow[]> {
  return (await measureAll()).rows;
}

async function measureAll(): Promise<{ rows: BenchRow[]; costs: Cost[] }> {
  const started = startAsabr();
  const asabr = typeof started === 'string' ? undefined : started;
  if (typeof started === 'string') console.log(started);
  const rows: BenchRow[] = [];
  const costs: Cost[] = [];
  try {
    for (const { name, plan, goals } of PUBLIC_PLANS) rows.push(...(await publicPlanRows(name, plan(), goals, asabr)));
    for (const size of COST_SIZES) costs.push(await costOf(size, asabr));
  } finally {
    asabr?.close();
  }
  rows.push(...costs.flatMap(costRows));
  return { rows, costs };
}

async function publicPlanRows(
  name: string,
  plan: ReturnType<typeof asabrPlan>,
  goals: Goals,
  asabr: Asabr | undefined,
): Promise<BenchRow[]> {
  const graph = new ContactGraph(plan);
  return searchRows(
    `${name}, ${plan.contacts.length.toLocaleString('en-US')} contacts`,
    await measureSearches(graph, asabr, EFFORT),
    goals,
  );
}

function searchRows(label: string, searches: Measured, goals: Partial<Goals>): BenchRow[] {
  const { route, tree, alternatives, rememberedUs, asabrRememberedUs, agreement } = searches;
  const rows = [
    ...timingRows('route', label, route, goals.routeUs, goals.timesAsabr),
    ...timingRows('tree to all', label, tree, goals.treeUs),
    ...timingRows(`${ALTERNATIVES} best routes`, label, { ours: alternatives, asabr: undefined }),
  ];
  rows.push({
    name: `remembered next hop, ${label}`,
    value: rememberedUs,
    unit: 'us',
    ...limit(goals.rememberedUs),
    comparisons:
      asabrRememberedUs === undefined
        ? []
        : [
            against('A-SABR with a table', rememberedUs, asabrRememberedUs.table),
            against('A-SABR with a tree', rememberedUs, asabrRememberedUs.tree),
          ],
  });
  if (agreement !== undefined) {
    const { queries, otherArrival, fewerHops, moreHops } = agreement;
    rows.push({
      name: `answers worse than A-SABR's, ${label}`,
      value: otherArrival + moreHops,
      unit: `of ${queries}: ${otherArrival} other arrivals, ${moreHops} with more hops; ${fewerHops} have fewer`,
      atMost: 0,
    });
  }
  return rows;
}

function timingRows(
  what: string,
  label: string,
  { ours, asabr }: Compared,
  mostUs?: number,
  goal?: number,
): BenchRow[] {
  const row = (kind: 'medianUs' | 'p99Us', suffix: string, atMost?: number, timesGoal?: number): BenchRow => ({
    name: `${what}, ${label}${suffix}`,
    value: ours[kind],
    unit: 'us',
    ...limit(atMost),
    comparisons: asabr === undefined ? [] : [against('A-SABR', ours[kind], asabr[kind], timesGoal)],
  });
  return [row('medianUs', '', mostUs, goal), row('p99Us', ', 99 %')];
}

function against(peer: string, oursUs: number, theirsUs: number, goal?: number): Comparison {
  const comparison = { peer: `as fast as ${peer} at ${inDigits(theirsUs)} us`, ratio: theirsUs / oursUs };
  return goal === undefined ? comparison : { ...comparison, goal };
}

function limit(atMost: number | undefined): { atMost?: number } {
  return atMost === undefined ? {} : { atMost };
}

function costRows({ satellites, contacts, planMs, graphMs, searches, load, memory }: Cost): BenchRow[] {
  const isLargest = satellites === 10_000;
  const label = `${satellites.toLocaleString('en-US')} satellites`;
  const megabytes = (what: string, bytes: number): BenchRow => ({
    name: `${what}, ${label}`,
    value: bytes / 1e6,
    unit: 'MB',
  });
  return [
    {
      name: `plan of one orbit, ${label}`,
      value: planMs,
      unit: `ms for ${contacts.toLocaleString('en-US')} contacts`,
      ...limit(isLargest ? LARGEST_PLAN_MS : undefined),
    },
    { name: `graph of the plan, ${label}`, value: graphMs, unit: 'ms' },
    ...searchRows(label, searches, isLargest ? LARGEST_GOALS : {}),
    {
      name: `next hop under load, ${label}`,
      value: load.hopUs,
      unit: `us, ${load.rememberedPercent.toFixed(1)} % from memory`,
    },
    megabytes('memory of the plan', memory.planBytes),
    megabytes('memory of the graph', memory.graphBytes),
    megabytes('memory of its searches', memory.searchBytes),
    ...(isLargest ? [megabytes('peak of a process that makes them', memory.peakBytes)] : []),
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { rows, costs } = await measureAll();
  printRows(rows);
  if (process.argv.includes('--plot')) {
    const file = new URL('./routing-cost.svg', import.meta.url);
    const machine = `One orbit, star-shaped, 780 km. One thread of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.versions.node}`;
    writeFileSync(file, costSvg(costs, machine));
    console.log(`Drawn: ${file.pathname}`);
  }
}
