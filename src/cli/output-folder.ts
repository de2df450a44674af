/** `--out DIR`: what a run leaves on disk. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { messageOf, UsageError } from '../base/errors.js';
import type { RunEvent } from '../simulator/report.js';
import type { RunOutcome } from '../simulator/run.node.js';
import { EventLog } from './event-log.js';
import { reportJson } from './report-json.js';

/** Longest name of a file that a reducer gave out, in bytes, as it is on disk. */
const MAX_NAME = 120;

/** A folder that is open for one run. */
export class OutputFolder {
  readonly #events: EventLog;

  /** Makes the folder and the first file in it, so that a folder nobody can write shows before the run and not after it. */
  constructor(readonly path: string) {
    if (path === '') throw new UsageError('out-not-writable', '--out: found no name; expected a folder');
    try {
      makeFolder(resolve(path));
      this.#events = new EventLog(join(path, 'events.jsonl'));
    } catch (error) {
      throw new UsageError(
        'out-not-writable',
        `--out ${path}: cannot write there: ${messageOf(error)}; expected a folder`,
      );
    }
  }

  /** Appends to events.jsonl. */
  addEvent(event: RunEvent): void {
    this.#events.add(event);
  }

  /** Writes all other files. `page` is the report page. Throws when the disk refuses. */
  finish(outcome: RunOutcome, page: string): void {
    this.close();
    if (this.#events.failure !== undefined) throw this.#events.failure;
    writeFileSync(join(this.path, 'report.json'), reportJson(outcome.report));
    const names = { ion: 'contact-plan.ionrc', leodtn: 'contact-plan.json' };
    for (const name of Object.values(names)) rmSync(join(this.path, name), { force: true });
    writeFileSync(join(this.path, names[outcome.planFormat]), outcome.planText);
    writeFileSync(join(this.path, 'report.html'), page);
    rmSync(join(this.path, 'files'), { recursive: true, force: true });
    const taken = new Set<string>();
    for (const { job, name, bytes } of outcome.files) {
      const folder = join(this.path, 'files', safeName(job));
      mkdirSync(folder, { recursive: true });
      let file = join(folder, safeName(name));
      for (let i = 2; taken.has(file.toLowerCase()); i++) file = join(folder, `${i}-${safeName(name)}`);
      taken.add(file.toLowerCase());
      writeFileSync(file, bytes);
    }
  }

  /** Closes events.jsonl; for a run that never came to a report. */
  close(): void {
    this.#events.close();
  }
}

/**
 * Makes a folder and those above it. Not mkdir's own `recursive`, which in Node 20 never returns where a folder exists but takes
 * no entries (/proc).
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}

/** One path segment that stays in its folder on every system, whatever a job or a processor chose as a name. */
export function safeName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what must go
  const plain = name.replace(/[\u0000-\u001f\u007f<>:"/\\|?*]/g, '_').replace(/[. ]+$/g, '_');
  const visible = plain.startsWith('.') ? `_${plain.slice(1)}` : plain;
  const usable = visible === '' || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(visible) ? `_${visible}` : visible;
  let cut = usable;
  while (Buffer.byteLength(cut) > MAX_NAME) cut = cut.slice(0, -1);
  return cut;
}
