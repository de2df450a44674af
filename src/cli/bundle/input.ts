/** Where the bundle commands read from: a file or standard input, raw or as hex, up to a limit. */
import { UsageError } from '../../base/errors.js';
import { BundleError, decodeBundleAt, type ProfileName } from '../../bpv7/index.js';
import { type CommandInput, readSource } from '../input-source.js';
import type { Io } from '../io.js';

/** The most bytes of bundles that one command reads: it holds them in memory, with the text that it makes of one of them. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** The most bytes of hex text: two digits and some white space a byte. */
const MAX_HEX_BYTES = 3 * MAX_INPUT_BYTES;

/** What a bundle command expects where a file cannot be read. */
const EXPECTED = 'a bundle';

/** How much of an input is looked at to tell text from bytes. */
const LOOK_BYTES = 4_096;

/** A line of hex text with what it holds. */
export interface HexLine {
  /** From 1. */
  readonly line: number;
  readonly bytes: Uint8Array;
}

/** The input of a command: one whole array of bytes, the hex undone. Throws a UsageError on a file or on text that cannot be read. */
export async function readInput(file: string | undefined, isHex: boolean, io: Io): Promise<CommandInput> {
  const input = await readSource(file, isHex ? MAX_HEX_BYTES : MAX_INPUT_BYTES, io, EXPECTED);
  if (!isHex) return input;
  const { name } = input;
  return { name, bytes: hexBytes(hexTextOf(input), { name, line: 1 }) };
}

/**
 * The input of a command as lines of hex, each the bytes of one bundle; empty lines are left out. All lines are checked before
 * the first one is given out, so that a wrong text is refused and not half worked on.
 */
export async function readHexLines(
  file: string | undefined,
  io: Io,
): Promise<{ name: string; lines: Iterable<HexLine> }> {
  const input = await readSource(file, MAX_HEX_BYTES, io, EXPECTED);
  const { name } = input;
  const text = hexTextOf(input);
  for (const { line, digits } of linesOf(text)) checkHex(digits, { name, line });
  const bytesOf = function* (): Generator<HexLine> {
    for (const { line, digits } of linesOf(text)) yield { line, bytes: hexBytes(digits, { name, line }) };
  };
  return { name, lines: { [Symbol.iterator]: bytesOf } };
}

/**
 * The bundles of a file, each with a name for messages: the whole of it as one, or with `many` one behind the other, in hex one a
 * line. Where a raw bundle is broken the rest of the file goes with it, as where it ends cannot be told.
 */
export async function readBundles(
  file: string,
  isHex: boolean,
  many: boolean,
  profile: ProfileName,
  io: Io,
): Promise<CommandInput[]> {
  if (!many) return [await readInput(file, isHex, io)];
  if (isHex) {
    const { name, lines } = await readHexLines(file, io);
    return [...lines].map(({ line, bytes }) => ({ name: `${name}:${line}`, bytes }));
  }
  const { name, bytes } = await readInput(file, false, io);
  const bundles: CommandInput[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = endOfBundle(bytes, at, profile);
    bundles.push({ name: `${name}: bundle ${bundles.length}`, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return bundles;
}

/** Text of a file or of standard input. Throws a UsageError. */
export async function readText(
  file: string | undefined,
  expected: string,
  io: Io,
): Promise<{ name: string; text: string }> {
  const { name, bytes } = await readSource(file, MAX_HEX_BYTES, io, expected);
  return { name, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8') };
}

/** Tells of `--hex` where raw input is rather a text of hex digits. */
export function hintHex(name: string, bytes: Uint8Array, io: Io): void {
  const start = Buffer.from(bytes.subarray(0, LOOK_BYTES)).toString('latin1').trim();
  if (start.length < 2 || !/^(?:0x)?[0-9a-fA-F\s]+$/i.test(start)) return;
  io.err(`leodtn: ${name}: the input looks like hex; --hex reads it as that\n`);
}

function endOfBundle(bytes: Uint8Array, offset: number, profile: ProfileName): number {
  try {
    return decodeBundleAt(bytes, offset, { profile }).end;
  } catch (thrown) {
    if (thrown instanceof BundleError) return bytes.length;
    throw thrown;
  }
}

/** Text of hex digits. Throws where it is rather a raw bundle. */
function hexTextOf({ name, bytes }: CommandInput): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = buffer.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  const first = text.charCodeAt(0);
  if (first >= 0x80 && first <= 0xdf) {
    const found = `0x${first.toString(16)}`;
    throw new UsageError('hex-text', `${name}: begins with the byte ${found}, so it seems to be raw; leave out --hex`);
  }
  return text;
}

interface HexPlace {
  readonly name: string;
  /** Of the first character, from 1. */
  readonly line: number;
}

function* linesOf(text: string): Generator<{ line: number; digits: string }> {
  let line = 0;
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    line++;
    const digits = text.slice(start, stop);
    if (digits.trim() !== '') yield { line, digits };
    start = stop + 1;
  }
}

function hexBytes(text: string, place: HexPlace): Uint8Array {
  return Buffer.from(checkHex(text, place).replace(/\s+/g, ''), 'hex');
}

/** The text without a leading 0x. Throws a UsageError with the place of what is no hex digit. */
function checkHex(text: string, { name, line }: HexPlace): string {
  const prefix = /^\s*0x/i.exec(text)?.[0].length ?? 0;
  const rest = text.slice(prefix);
  const wrong = rest.search(/[^0-9a-fA-F\s]/);
  if (wrong >= 0) {
    const before = text.slice(0, prefix + wrong).split('\n');
    const place = `${name}:${line + before.length - 1}:${before.at(-1)!.length + 1}`;
    throw new UsageError(
      'hex-text',
      `${place}: found ${JSON.stringify(rest[wrong])}; expected hex digits and white space`,
    );
  }
  const digits = rest.replace(/\s+/g, '').length;
  if (digits % 2 !== 0) {
    throw new UsageError(
      'hex-text',
      `${name}:${line}: found ${digits} hex digits; expected an even number, two for a byte`,
    );
  }
  return rest;
}
