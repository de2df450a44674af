/**
 * Cuts what comes over the control socket into frames: a line of JSON, and where it says `payloadBytes`, so many bytes as they are behind its
 * end.
 */
import { UsageError } from '../base/errors.js';
import { MAX_LINE_BYTES, MAX_PAYLOAD_BYTES } from './control-calls.js';

const NEWLINE = 10;

/** A call or an answer, with the bytes that belong to it. */
export interface Frame {
  readonly head: { readonly [field: string]: unknown };
  /** Empty where it has none. */
  readonly payload: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/** Gathers pieces until a frame is whole. */
export class FrameReader {
  readonly #textOf: (bytes: Uint8Array) => string;
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  /** The head of a frame whose payload is coming. */
  #head: Frame['head'] | undefined;
  #payload = NO_BYTES;
  #filled = 0;
  readonly #frames: Frame[] = [];

  constructor(textOf: (bytes: Uint8Array) => string) {
    this.#textOf = textOf;
  }

  /** Takes bytes as they come. Throws a UsageError `bad-call` where they are no frames, after which nothing more is taken. */
  push(chunk: Uint8Array): void {
    let rest = chunk;
    while (rest.length > 0) rest = this.#head === undefined ? this.#pushLine(rest) : this.#pushPayload(rest);
  }

  /** The next whole frame; undefined where there is none. */
  take(): Frame | undefined {
    return this.#frames.shift();
  }

  #pushLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(NEWLINE);
    const part = end < 0 ? bytes : bytes.subarray(0, end);
    this.#lineBytes += part.length;
    if (this.#lineBytes > MAX_LINE_BYTES)
      throw new UsageError('bad-call', `a line is longer than ${MAX_LINE_BYTES} bytes`);
    this.#line.push(part);
    if (end < 0) return NO_BYTES;
    const head = headOf(this.#textOf(joined(this.#line, this.#lineBytes)));
    this.#line = [];
    this.#lineBytes = 0;
    const { payloadBytes = 0 } = head;
    if (
      !Number.isSafeInteger(payloadBytes) ||
      (payloadBytes as number) < 0 ||
      (payloadBytes as number) > MAX_PAYLOAD_BYTES
    ) {
      throw new UsageError('bad-call', `payloadBytes must be a whole number from 0 to ${MAX_PAYLOAD_BYTES}`);
    }
    if (payloadBytes === 0) this.#frames.push({ head, payload: NO_BYTES });
    else {
      this.#head = head;
      this.#payload = new Uint8Array(payloadBytes as number);
      this.#filled = 0;
    }
    return bytes.subarray(end + 1);
  }

  #pushPayload(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, this.#payload.length - this.#filled);
    this.#payload.set(part, this.#filled);
    this.#filled += part.length;
    if (this.#filled === this.#payload.length) {
      this.#frames.push({ head: this.#head as Frame['head'], payload: this.#payload });
      this.#head = undefined;
      this.#payload = NO_BYTES;
    }
    return bytes.subarray(part.length);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function headOf(line: string): Frame['head'] {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The same answer as for a line that is JSON and no object.
  }
  throw new UsageError('bad-call', 'expected a line with one JSON object such as {"id": 1, "call": "status"}');
}
