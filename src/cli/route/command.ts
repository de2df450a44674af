/** `leodtn route`: the best route through a contact plan, the ones behind it, and why. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import {
  compareRoutes,
  findRoute,
  findRoutes,
  type PlanDocument,
  type Route,
  routesByNeighbour,
} from '../../routing/index.js';
import type { Io } from '../io.js';
import { wholeNumber } from '../options.js';
import { addPlanInputOptions, notesJson, type PlanInputFlags, readPlanInput } from '../plan/input.js';
import { STATUS_FAILED, STATUS_OK, type StatusCell } from '../status.js';
import { printable, styleFor } from '../style.js';
import { type Asked, askOf, type QuestionFlags } from './asked.js';
import { explain, explanationJson } from './explain.js';
import { routeJson } from './json.js';
import { noRouteReason } from './no-route.js';
import { explanationText, routeText, timelineText } from './text.js';

/** The most routes that one command lists. */
const MAX_ROUTES = 1_000;

interface RouteFlags extends QuestionFlags, PlanInputFlags {
  readonly plan: string;
  readonly routes: number;
  readonly perNeighbour?: boolean;
  readonly json?: boolean;
  readonly explain?: boolean;
}

/** Adds the command to the program. */
export function addRouteCommand(program: Command, io: Io, cell: StatusCell): void {
  const command = program
    .command('route')
    .description('find the best route of a bundle through a contact plan, and say why it is')
    .requiredOption(
      '--plan <file>',
      'contact plan in any format that leodtn plan reads, also gzipped; - is standard input',
    )
    .requiredOption('--from <node>', 'node that holds the bundle, by name, or by number where no node has that name')
    .requiredOption('--to <node>', 'node that it is for')
    .requiredOption('--at <time>', 'when it is ready: seconds on the axis of the plan, or a date with a zone');
  addSearchOptions(command);
  addPlanInputOptions(command)
    .option('--json', 'print one JSON object on standard output and nothing else')
    .option('--explain', 'tell where the time goes, what the alternatives are and what decided against each')
    .addHelpText('after', HELP)
    .action(async (flags: RouteFlags) => {
      cell.status = await route(flags, io);
    });
}

const HELP = `
Examples:
  $ leodtn route --plan scenarios/plans/relay.ionrc --from 2 --to 5 --at 30
        the route that arrives first; of those with the fewest hops, then with the latest termination, then by the smallest entry node
  $ leodtn route --plan scenarios/plans/relay.ionrc --from 2 --to 5 --at 30 --size 100000 --explain
        a bundle of 100,000 bytes, and why it goes that way
  $ leodtn route --plan scenarios/plans/relay.ionrc --from 2 --to 5 --at 30 -k 3 --exclude 6
        the three best routes that do not pass node 6
  $ leodtn route --plan scenarios/plans/moon.json --from earth --to rover --at 2026-06-15T00:05:00Z --json
        a date, where the plan says which date its time 0 is

A route arrives when its last byte does. It terminates with the first of its contacts that ends. Its volume is what it has room for
from its first byte on: the rate of a contact, times the time until this contact or one behind it ends, the least over all hops.
A bundle may wait anywhere. On each contact it must have left before the end; one without length may leave at the very end, unless
--window-end is open. --owlt-margin 0.01 adds a hundredth to each light time. k best routes visit no node twice.
A time that is finer than a microsecond stands for the nearest one.

JSON: {routes: [{arrival, hops, termination, entryNode, volumeBytes, contacts: [{from, to, start, end, rateBytesPerSecond,
oneWayLightTime, departure, arrival}], limitingContact}], noRoute}. Times are seconds on the axis; a node is a name where the plan has
one, and a number otherwise; null is no limit. From a node to itself there is one route without hops, whose entryNode and termination
are null. noRoute: {reason} stands there only where routes is empty. --explain adds explain, notes of the reader are in notes.

Exit status: 0 there is a route, 1 there is none, 2 cannot be asked like that, as of a node that the plan does not have; with --json that
is told as noRoute too.
`;

function addSearchOptions(command: Command): void {
  const list = (value: string, before: string[] | undefined) => [...(before ?? []), value];
  command
    .option('--size <bytes>', 'length of the bundle on the wire; 0 asks for the first bit', wholeNumber(0), 0)
    .option('-k, --routes <n>', 'the n best routes, the best first', wholeNumber(1), 1)
    .option('--per-neighbour', 'the best route by each neighbour, as a critical bundle takes them all')
    .option('--exclude <nodes>', 'no hop leads to these nodes, separated by commas; may be repeated', list)
    .option('--exclude-neighbour <nodes>', 'no first hop leads to these nodes; later ones may', list)
    .option('--deadline <time>', 'only routes that arrive by then')
    .addOption(
      new Option('--window-end <how>', 'whether a bundle without length may leave at the very end of a contact')
        .choices(['closed', 'open'])
        .default('closed'),
    )
    .option('--owlt-margin <ratio>', 'margin on one-way light times, as a share of them', ratio, 0)
    .option('--epoch <date>', 'the date of time 0 of the plan, where the plan does not give it');
}

function ratio(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value < Infinity) return value;
  throw new InvalidArgumentError('Expected a number of at least 0, such as 0.01.');
}

async function route(flags: RouteFlags, io: Io): Promise<number> {
  if (flags.routes > MAX_ROUTES) throw new UsageError('too-many-routes', `-k: at most ${MAX_ROUTES} routes`);
  if (flags.perNeighbour === true && flags.routes > 1) {
    throw new UsageError('two-lists', 'expected one of -k N and --per-neighbour');
  }
  const plan = await readPlanInput(flags.plan, flags, io);
  const asked = askedOrTold(plan.document, flags, io);
  const routes = search(flags, asked);
  const isExplained = flags.explain === true && routes.length > 0;
  const explanation = isExplained ? explain(routes, asked) : undefined;
  const reason = routes.length === 0 ? noRouteReason(asked) : undefined;
  if (flags.json === true) {
    const toJson = (each: Route) => routeJson(each, asked);
    const object = {
      routes: routes.map(toJson),
      ...(reason === undefined ? {} : { noRoute: { reason } }),
      ...(explanation === undefined ? {} : { explain: explanationJson(explanation, routes, asked, toJson) }),
      ...(plan.notes.length === 0 ? {} : { notes: notesJson(plan) }),
    };
    io.out(`${JSON.stringify(object)}\n`);
    return routes.length === 0 ? STATUS_FAILED : STATUS_OK;
  }
  if (reason !== undefined) {
    io.out(`No route: ${printable(reason)}\n`);
    return STATUS_FAILED;
  }
  const style = styleFor(io.outIsTty, io.env);
  const parts = routes.map((each, i) => {
    const text = routeText(routes.length === 1 ? 'Route' : `Route ${i + 1}`, each, asked, style);
    return isExplained ? `${text}${timelineText(each, asked)}` : text;
  });
  if (explanation !== undefined) parts.push(explanationText(explanation, asked));
  io.out(parts.join('\n'));
  return STATUS_OK;
}

/** The question. Of a node that the plan does not have `--json` tells on standard output too, as what has no route, before it throws. */
function askedOrTold(document: PlanDocument, flags: RouteFlags, io: Io): Asked {
  try {
    return askOf(document, flags);
  } catch (error) {
    if (flags.json === true && error instanceof UsageError && error.code === 'unknown-node') {
      io.out(`${JSON.stringify({ routes: [], noRoute: { reason: error.message } })}\n`);
    }
    throw error;
  }
}

function search(flags: RouteFlags, { graph, query }: Asked): Route[] {
  if (query.from === query.to || (flags.routes === 1 && flags.perNeighbour !== true)) {
    const best = findRoute(graph, query);
    return best === undefined ? [] : [best];
  }
  if (flags.perNeighbour === true) return [...routesByNeighbour(graph, query)].sort(compareRoutes);
  return findRoutes(graph, query, flags.routes);
}
