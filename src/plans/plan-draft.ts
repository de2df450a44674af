/** What a reader has found so far: contacts, notes, and what becomes of bad lines. Knows no format. */
import { InputFileError } from '../base/errors.js';
import type { PlanContact, PlanNode, RangelessContact } from '../routing/index.js';
import type { ReadSeconds } from './decimal.js';
import type { PlanFormat, PlanNote, ReadPlan } from './plan-format.js';

/** Collects what a reader finds; {@link finish} makes the plan of it. */
export class PlanDraft {
  readonly contacts: PlanContact[] = [];
  readonly rangeless: RangelessContact[] = [];
  /** The file's name, for messages. */
  readonly file: string;
  readonly #skipBad: boolean;
  readonly #notes: PlanNote[] = [];
  /** Notes that are one for the whole file, by their text, with how often it happened. */
  readonly #counted = new Map<string, { kind: PlanNote['kind']; count: number; line: number | undefined }>();
  #skipped = 0;
  #rounded = 0;

  constructor(file: string, skipBad: boolean) {
    this.file = file;
    this.#skipBad = skipBad;
  }

  /** Reads one line or contact. Where that is bad it is left out with a note, or the InputFileError goes on to the caller. */
  attempt(read: () => void): void {
    const before = this.contacts.length;
    try {
      read();
    } catch (error) {
      if (!(error instanceof InputFileError)) throw error;
      this.contacts.length = before;
      this.refuse(error);
    }
  }

  /** Throws the error, or notes what it is about as skipped. */
  refuse(error: InputFileError): void {
    if (!this.#skipBad) throw error;
    this.#skipped++;
    const { line, field } = error.position;
    this.#notes.push({ kind: 'skipped', line, field, message: error.problem });
  }

  /** Adds a note on one line. */
  note(note: PlanNote): void {
    this.#notes.push(note);
  }

  /** Counts something that is told once for the whole file, with the first line where it happened. */
  count(kind: PlanNote['kind'], message: string, line?: number): void {
    const counted = this.#counted.get(message);
    if (counted === undefined) this.#counted.set(message, { kind, count: 1, line });
    else counted.count++;
  }

  /** Counts a contact that was cut where its rate or light time changes: a search sees contacts of their own in the pieces. */
  countCut(line?: number): void {
    const message = 'a contact is cut where its rate or light time changes, and no bundle is sent across the cut';
    this.count('assumed', message, line);
  }

  /** The whole microseconds of a time that was read; counts it where it was finer. */
  wholeUs(seconds: ReadSeconds): number {
    if (seconds.isRounded) this.#rounded++;
    return seconds.us;
  }

  /** The plan as it was read; nodes in any order. */
  finish(format: PlanFormat, nodes: Iterable<PlanNode>, epochUnixUs: number | undefined): ReadPlan {
    const notes = this.#notes.sort((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity));
    for (const [message, { kind, count, line }] of this.#counted) {
      const often = count === 1 ? '' : `, ${count} times`;
      notes.push({ kind, line, message: `${message}${often}` });
    }
    if (this.#skipped > 0) {
      const what = this.#skipped === 1 ? '1 bad line or contact was' : `${this.#skipped} bad lines or contacts were`;
      notes.push({ kind: 'skipped', message: `${what} left out` });
    }
    if (this.#rounded > 0) {
      const what = this.#rounded === 1 ? '1 time is' : `${this.#rounded} times are`;
      notes.push({ kind: 'rounded', message: `${what} finer than a microsecond and rounded to the nearest` });
    }
    const sorted = [...nodes].sort((a, b) => a.number - b.number);
    const { contacts, rangeless } = this;
    const document = { nodes: sorted, contacts, epochUnixUs };
    return { format, document: rangeless.length === 0 ? document : { ...document, rangeless }, notes };
  }
}
