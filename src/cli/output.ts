/** Where commands write to: lines to standard output, bytes to a file. */
import { writeFileSync } from 'node:fs';
import { messageOf, UsageError } from '../base/errors.js';
import type { Io } from './io.js';

/** How much text is gathered before it is written. */
const MAX_WAITING_CHARACTERS = 65_536;

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

/** Writes a file that `option` named. Throws a UsageError where that cannot be done. */
export function writeFile(file: string, data: Uint8Array, option = '--out'): void {
  try {
    writeFileSync(file, data);
  } catch (error) {
    throw new UsageError(
      'out-not-writable',
      `${option} ${file}: cannot write there: ${messageOf(error)}; expected a file`,
    );
  }
}
