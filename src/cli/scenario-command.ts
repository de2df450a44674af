/** `leodtn scenario`: checks scenario files and prints their JSON Schema. */
import type { Command } from 'commander';
import type { JsonValue } from '../base/json.js';
import type { Scenario } from '../simulator/scenario.js';
import { loadScenarioWithPlaces } from '../simulator/scenario-file.node.js';
import { scenarioFileForm } from '../simulator/scenario-form.js';
import { scenarioJsonSchema } from '../simulator/scenario-schema.js';
import type { Io } from './io.js';
import { addSetOption, splitArguments } from './options.js';
import { type FileWarning, preflight, warningText } from './preflight.js';
import { inShort } from './run-command.js';
import { STATUS_OK, type StatusCell } from './status.js';
import { duration, plural, printable } from './style.js';

/** Adds the command to the program. */
export function addScenarioCommand(program: Command, io: Io, cell: StatusCell): void {
  const group = program.command('scenario').description('check a scenario file, or print the JSON Schema of one');
  const check = group
    .command('check')
    .description('say whether a scenario is right, and what it asks for')
    .argument('<scenario...>', 'scenario file (YAML)')
    .usage('[options] <scenario.yaml>');
  addSetOption(check, 'override a field first, as for run')
    .option('--json', 'print the scenario, in the form of a file, with every default filled in')
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn scenario check scenarios/plan-file.yaml
  $ leodtn scenario check my.yaml --set jobs.0.collectors=40
  $ leodtn scenario check my.yaml --json | jq .endSeconds

Exit status 2 and one line with file, line, field and what was expected where it is not right. Lines of a contact plan that have
no effect are told on standard error, and under warnings with --json.
`,
    )
    .action(async (given: string[], flags: { set?: string[]; json?: boolean }) => {
      const { file, extraSets } = splitArguments(given, 'scenario file');
      const loaded = await loadScenarioWithPlaces(file, { set: [...(flags.set ?? []), ...extraSets] });
      const warnings = await preflight(loaded, file);
      for (const warning of warnings) io.err(warningText(warning));
      const { scenario } = loaded;
      io.out(flags.json === true ? `${JSON.stringify(checkJson(scenario, warnings))}\n` : checkText(file, scenario));
      cell.status = STATUS_OK;
    });
  group
    .command('schema')
    .description('print the JSON Schema of a scenario file, for editors')
    .action(() => {
      io.out(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
      cell.status = STATUS_OK;
    });
}

/** The scenario in the form of a file, every default filled in; with `warnings` where there are any. */
function checkJson(scenario: Scenario, warnings: readonly FileWarning[]): JsonValue {
  const form = scenarioFileForm(scenario);
  return warnings.length === 0 ? form : { ...form, warnings: warnings.map((warning) => ({ ...warning })) };
}

function checkText(file: string, scenario: Scenario): string {
  const lines = [
    `${file}: right`,
    `  ${printable(scenario.name)}: ${inShort(scenario)}, at most ${duration(scenario.endSeconds)}`,
  ];
  scenario.jobs.forEach((job, i) => {
    const tasks = `${job.collect} > ${job.map} > ${job.reduce}`;
    lines.push(
      `  job ${i}: ${plural(job.collectors, 'collector')}, ${printable(tasks)}, deadline ${duration(job.deadlineSeconds)}`,
    );
  });
  return `${lines.join('\n')}\n`;
}
