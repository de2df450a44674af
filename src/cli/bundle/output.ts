/** Where the bundle commands write bundles to: standard output or a file, raw or as hex. */
import { UsageError } from '../../base/errors.js';
import type { Io } from '../io.js';
import { writeFile } from '../output.js';
import { hexJson } from './fields.js';

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

function isStandard({ out }: OutputFlags): boolean {
  return out === undefined || out === '-';
}
