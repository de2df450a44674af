/** Where commands read from: a file or standard input, up to a limit. What the bytes mean is the command's to know. */
import { createReadStream } from 'node:fs';
import { UsageError } from '../base/errors.js';
import { fileProblem } from '../documents/files.node.js';
import type { Io } from './io.js';

/** What a file is called where it is standard input. */
const STANDARD_INPUT = 'standard input';

/** What was read, and from where, for messages. */
export interface CommandInput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The whole of a file, or of standard input where none is named or it is `-`. Throws a UsageError where it cannot be read, which says
 * `expected`, or is longer than `limit` bytes.
 */
export async function readSource(
  file: string | undefined,
  limit: number,
  io: Io,
  expected: string,
): Promise<CommandInput> {
  const isStandard = file === undefined || file === '-';
  const name = isStandard ? STANDARD_INPUT : file;
  if (isStandard && io.inIsTty) io.err('leodtn: reading from the terminal; Ctrl-D ends the input\n');
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of isStandard ? io.input() : (createReadStream(file) as AsyncIterable<Uint8Array>)) {
      length += chunk.length;
      if (length > limit)
        throw new UsageError('input-too-large', `${name}: more than ${limit} bytes, the most read at once`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('input-not-readable', `${name}: ${fileProblem(error, `expected ${expected}`)}`);
  }
  return { name, bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) };
}
