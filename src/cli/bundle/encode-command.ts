/** `leodtn bundle encode`: a bundle made of a spec in JSON. */
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type FilePosition, InputFileError, messageOf, UsageError } from '../../base/errors.js';
import { type Bundle, eidToString, encodeBundle, isNullEid } from '../../bpv7/index.js';
import { type FieldPath, FieldProblem } from '../../documents/problem.js';
import type { Io } from '../io.js';
import type { StatusCell } from '../status.js';
import { pcapOption } from './capture.js';
import { profileOption } from './decode-command.js';
import { readText } from './input.js';
import { checkOutput } from './output.js';
import { type ResultFlags, writeResult } from './result.js';
import { bundleOfSpec } from './spec.js';

/** Adds the command to the group. */
export function addEncodeCommand(group: Command, io: Io, cell: StatusCell): void {
  group
    .command('encode')
    .description('make a bundle of JSON, the same that decode prints')
    .argument('[spec]', 'file with the JSON; standard input where it is left out or -')
    .option('--out <file>', 'write the bundle there and not to standard output')
    .option('--hex', 'write hex')
    .addOption(profileOption())
    .addOption(pcapOption())
    .addHelpText(
      'after',
      `
Examples:
  $ leodtn bundle encode spec.json --out bundle.bin, where spec.json is
        {"primary": {"destination": "ipn:20.2", "source": "ipn:10.1"}, "payload": {"text": "hello"}}
  $ leodtn bundle encode --hex <<< '{"primary": {"destination": "ipn:20.2", "source": "ipn:10.1", "creationTime": 0},
        "blocks": [{"type": "bundle-age", "decoded": {"ageMs": 5}}], "payload": {"file": "picture.jpg"}}'
  $ leodtn bundle decode --json in.bin | jq '.primary.lifetime = 60000' | leodtn bundle encode --out out.bin

primary: destination and source must be given. Otherwise flags are 0, crcType is 2 (CRC-32C), reportTo is the source, creationTime is
now, sequence is 0, lifetime is 3600000 ms; fragmentOffset and totalAduLength go with the flag is-fragment. creationTime may be a
time such as "2025-10-28T20:53:20Z". flags are a number or a list of names: ["must-not-fragment", "report-delivery"].
blocks, in their order: type is a number or a name; number is the next that is free; flags are 0; crcType is 0, for a payload 2. Content
is data in hex, or decoded for the types previous-node {node}, bundle-age {ageMs}, hop-count {limit, count}, custody-transfer
{sequence, sequenceId, custodian} and compressed-reporting {sequence, sequenceId, requestFlags, blockSource, reportTo}.
payload is short for the last block: {text}, {hex} or {file}, and flags and crcType. Numbers above 2^53-1 are decimal strings. What
decode adds, such as flagNames, may stay, as long as it agrees.

The bundle is written only where a decoder takes it, by --profile. An ipn endpoint ID is written in two elements, and in three under
an allocator other than 0; destinationForm, sourceForm and reportToForm, "two-element" or "three-element", say otherwise, as in what
decode prints of a bundle with the other form. Exit status: 0 written, 1 the bundle would break a rule, 2 the spec is wrong.
`,
    )
    .action(async (file: string | undefined, flags: ResultFlags) => {
      cell.status = await encode(file, flags, io);
    });
}

async function encode(file: string | undefined, flags: ResultFlags, io: Io): Promise<number> {
  checkOutput(flags, io);
  const { name, text } = await readText(file, 'a bundle as JSON', io);
  const value = parseJson(name, text);
  const folder = file === undefined || file === '-' ? '.' : dirname(resolve(file));
  let bundle: Bundle;
  let bytes: Uint8Array;
  try {
    bundle = bundleOfSpec(value, { folder, unixTimeMs: Date.now() });
    bytes = encodeBundle(bundle);
  } catch (error) {
    if (error instanceof FieldProblem) throw new InputFileError(placeOf(name, text, error.path), error.problem);
    if (error instanceof UsageError) throw new InputFileError({ file: name }, error.message);
    throw error;
  }
  warnOfNull(name, bundle, io);
  return writeResult({ name, bundle, bytes }, flags, io);
}

/** An ipn endpoint ID at node 0 with a service is read as the null endpoint, and is not to be composed (RFC 9758). */
function warnOfNull(name: string, { primary }: Bundle, io: Io): void {
  for (const field of ['destination', 'source', 'reportTo'] as const) {
    const eid = primary[field];
    if (eid.scheme !== 'ipn' || !isNullEid(eid) || eid.service === 0) continue;
    io.err(
      `leodtn: ${name}: primary.${field}: everybody reads ${eidToString(eid)} as the null endpoint; write ipn:0.0\n`,
    );
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    // Where the parser tells no position its message quotes the place.
    const told = /position (\d+)/.exec(message)?.[1] ?? (/end of JSON/.test(message) ? text.length : undefined);
    const before = told === undefined ? undefined : text.slice(0, Number(told)).split('\n');
    const position = before === undefined ? { file } : { file, line: before.length, column: before.at(-1)!.length + 1 };
    throw new InputFileError(position, `not JSON: ${message.replace(/\s+/g, ' ')}`);
  }
}

/** Where a field stands in the text, or what should hold it. JSON is YAML, whose parser keeps places. */
function placeOf(file: string, text: string, path: FieldPath): FilePosition {
  const lines = new LineCounter();
  let node: Node | null | undefined = parseDocument(text, { lineCounter: lines, prettyErrors: false }).contents;
  let offset = node?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
    } else if (isSeq(node)) {
      node = node.items[Number(step)] as Node | undefined;
      offset = node?.range?.[0] ?? offset;
    } else break;
  }
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col, field: path.join('.') };
}
