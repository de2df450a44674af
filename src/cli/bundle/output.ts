/** Where the bundle commands write bundles to: standard output or a file, raw or as hex. */
import { writeFileSync } from 'node:fs';
import { messageOf, UsageError } from '../../base/errors.js';
import type { Io } from '../io.js';
import { hexJson } from './fields.js';

/** How much text is gathered before it is written. */
const MAX_WAITING_CHARACTERS = 65_536;

/** How and where a bundle is to be written. */
export interface OutputFlags {
  /** A file; standard output where it is not given or `-`. */
  readonly out?: string;
  readonly hex?: boolean;
}

/** Refuses raw bytes on a terminal, before any work is done for them. */
export function checkOutput(flags: OutputFlags, io: Io): void {
  if (flags.out === '') throw new UsageError('out-not-writable', '--out: found no name; expected a file');
  if (isStandard(flags) && flags.hex !== true && io.outIsTty) {
    throw new UsageError('raw-to-terminal', 'a bundle is no text for a terminal; add --hex or --out FILE');
  }
}

/** Writes bundles, raw one behind the other, or as hex one a line. */
export async function writeBundles(bundles: Iterable<Uint8Array>, flags: OutputFlags, io: Io): Promise<void> {
  const form = (bytes: Uint8Array) => (flags.hex === true ? `${hexJson(bytes)}\n` : bytes);
  if (isStandard(flags)) {
    for (const bytes of bundles) {
      io.out(form(bytes));
      if (!(await io.outReady())) return;
    }
    return;
  }
  writeFile(flags.out!, Buffer.concat([...bundles].map((bytes) => Buffer.from(form(bytes)))));
}

/** Writes lines, each with its end, to standard output as they come, and stops where nobody reads on. */
export async function writeLines(lines: Iterable<string> | AsyncIterable<string>, io: Io): Promise<void> {
  let waiting: string[] = [];
  let length = 0;
  for await (const line of lines) {
    waiting.push(line);
    length += line.length;
    if (length < MAX_WAITING_CHARACTERS) continue;
    io.out(waiting.join(''));
    if (!(await io.outReady())) return;
    waiting = [];
    length = 0;
  }
  io.out(waiting.join(''));
}

/** Writes a file. Throws a UsageError where that cannot be done. */
export function writeFile(file: string, data: Uint8Array): void {
  try {
    writeFileSync(file, data);
  } catch (error) {
    throw new UsageError('out-not-writable', `--out ${file}: cannot write there: ${messageOf(error)}; expected a file`);
  }
}

function isStandard({ out }: OutputFlags): boolean {
  return out === undefined || out === '-';
}
