/** `leodtn plan generate`: the contact plan of a constellation, in any format. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../base/errors.js';
import { secondsToUs, usToSeconds } from '../../base/time.js';
import { loadConstellation } from '../../constellation/constellation-file.node.js';
import {
  type Constellation,
  constellationJsonSchema,
  type GenerateProgress,
  generatePlan,
  MAX_HORIZON_SECONDS,
} from '../../constellation/index.js';
import { Sgp4Orbit } from '../../orbit/index.js';
import { PLAN_FORMATS, type PlanFormat } from '../../plans/index.js';
import type { Io } from '../io.js';
import { addSetOption, splitArguments, wholeNumber } from '../options.js';
import { ProgressLine } from '../progress.js';
import { STATUS_OK, type StatusCell } from '../status.js';
import { count, plural, printable } from '../style.js';
import { addPlanOutputOptions } from './convert-command.js';
import { ageRemark } from './elements-age.js';
import { checkPlanOutput, type PlanOutputFlags, writePlanOutput } from './output.js';

/** What a phase of the work is called on the progress line. */
const PHASES: { readonly [phase in GenerateProgress['phase']]: string } = {
  grid: 'grid links',
  nearest: 'nearest-neighbour links',
  ground: 'ground stations',
};

interface GenerateFlags extends PlanOutputFlags {
  readonly format: PlanFormat;
  readonly set?: string[];
  readonly seed?: number;
  readonly horizon?: number;
  readonly quiet?: boolean;
  readonly schema?: boolean;
}

/** Adds the command to the group. */
export function addGenerateCommand(group: Command, io: Io, cell: StatusCell): void {
  const command = group
    .command('generate')
    .description('make the contact plan of a constellation')
    .argument('[constellation...]', 'constellation file (YAML)')
    .usage('[options] <constellation.yaml>')
    .addOption(formatOption());
  addSetOption(command, 'override a field of the file first, such as shells.0.altitudeKm=600; may be repeated')
    .option('--seed <n>', 'seed of the random outages', wholeNumber(Number.MIN_SAFE_INTEGER))
    .option('--horizon <seconds>', 'length of the plan; by default that of the file, or one revolution', horizonOf)
    .option('--quiet', 'say nothing of the progress')
    .option('--schema', 'print the JSON Schema of a constellation file, for editors, and nothing else');
  addPlanOutputOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn plan generate scenarios/constellations/iridium-like.yaml | leodtn plan show --rows nodes
  $ leodtn plan generate scenarios/constellations/starlink-like.yaml --format hdtn --allow-loss -o starlink.json
  $ leodtn plan generate my.yaml --set stations.0.minElevationDeg=25 --horizon 86400 --format ion -o day.ionrc
  $ leodtn plan generate scenarios/constellations/two-shells.yaml --seed 8 --json -o plan.json | jq .contacts
  $ leodtn plan generate --schema > constellation.schema.json

A constellation has shells (Walker, with +Grid links), satellites by elements (TLE, OMM), ground stations, nearest-neighbour links,
rates by distance, maintenance and random outages; docs/constellations.md has every formula. The light time of a contact is the
longest within it, and its rate that of its longest distance. HDTN's format has whole seconds only, so it takes
--allow-loss: contacts then start late and end early by less than a second.

Exit status: 0 written, 2 a wrong command or file, or a loss that was not allowed; then nothing is written.
`,
    )
    .action(async (given: string[], flags: GenerateFlags) => {
      if (flags.schema === true) {
        io.out(`${JSON.stringify(constellationJsonSchema(), null, 2)}\n`);
        cell.status = STATUS_OK;
        return;
      }
      const { file, extraSets } = splitArguments(given, 'constellation file');
      checkPlanOutput(flags, [file]);
      cell.status = await generate(file, { ...flags, set: [...(flags.set ?? []), ...extraSets] }, io);
    });
}

async function generate(file: string, flags: GenerateFlags, io: Io): Promise<number> {
  const { set, seed, horizon } = flags;
  const constellation = await loadConstellation(file, { set: set ?? [], seed, horizonSeconds: horizon });
  const line = new ProgressLine(io, { quiet: flags.quiet === true, json: flags.json === true });
  for (const remark of remarksOn(constellation)) io.err(`leodtn: ${printable(remark)}\n`);
  const { document, summary } = plan(constellation, file, line);
  line.clear();
  if (flags.quiet !== true && flags.json !== true) {
    const { satellites, stations, contacts, horizonUs } = summary;
    const nodes =
      stations === 0
        ? plural(satellites, 'satellite')
        : `${plural(satellites, 'satellite')} and ${plural(stations, 'station')}`;
    io.err(
      `leodtn: ${printable(constellation.name)}: ${nodes}, ${plural(contacts, 'contact')} in ${usToSeconds(horizonUs)} s\n`,
    );
  }
  const { horizonUs, ...counts } = summary;
  const fields = { ...counts, horizonSeconds: usToSeconds(horizonUs) };
  return writePlanOutput(document, flags.format, [], flags, io, { option: '--format', fields });
}

function plan(constellation: Constellation, file: string, line: ProgressLine): ReturnType<typeof generatePlan> {
  const progress = ({ phase, share, contacts }: GenerateProgress) =>
    line.update(() => `${PHASES[phase]}: ${Math.floor(share * 100)} %, ${count(contacts)} contacts`);
  try {
    return generatePlan(constellation, progress);
  } catch (error) {
    // What is wrong with a shell shows only when its links are made.
    if (error instanceof UsageError) throw new UsageError(error.code, `${file}: ${error.message}`);
    throw error;
  }
}

/** Satellites by elements that have no position in some of the plan, and elements that are too old for it. */
function remarksOn({ groups, horizonUs, epochUnixUs }: Constellation): string[] {
  const age = ageRemark(
    groups.flatMap(({ ephemerides }) => ephemerides),
    epochUnixUs,
    horizonUs,
  );
  const faults = groups.flatMap(({ names, ephemerides }) =>
    ephemerides.flatMap((ephemeris, i) => {
      if (!(ephemeris instanceof Sgp4Orbit)) return [];
      const fault = ephemeris.faultAt(0) ?? ephemeris.faultAt(horizonUs);
      return fault === undefined ? [] : [`${names[i]} ${fault}; it has no contacts while it has no position`];
    }),
  );
  return age === undefined ? faults : [age, ...faults];
}

function formatOption(): Option {
  const formats = PLAN_FORMATS.map(({ format }) => format);
  return new Option('--format <format>', 'the format to write').choices(formats).default('leodtn');
}

function horizonOf(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value <= MAX_HORIZON_SECONDS && secondsToUs(value) > 0) return value;
  throw new InvalidArgumentError(`Expected seconds above 0, at most ${MAX_HORIZON_SECONDS}.`);
}
