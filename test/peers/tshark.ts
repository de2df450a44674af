/** Wireshark's command line as a judge of captures: what it makes of each packet, in a few numbers and words. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DTN_EPOCH_UNIX_MS } from '../../src/base/time.js';
import { writePcap } from '../../src/cli/capture-file.js';
import type { CapturedDatagram } from '../../src/convergence/pcapng.js';

/** The version of the tshark on this machine; undefined where there is none. */
export const TSHARK = /TShark \(Wireshark\) (\S+?)\.? /.exec(
  spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout ?? '',
)?.[1];

/** What tshark finds in one packet. */
export interface Dissection {
  /** Dissectors that had a part in it, from the outermost. */
  readonly protocols: readonly string[];
  /** CRCs that match the block and those that do not. */
  readonly goodCrcs: number;
  readonly badCrcs: number;
  /** Messages of expert information that is a warning or an error. */
  readonly complaints: readonly string[];
  /** Comments of the packet. */
  readonly comments: readonly string[];
  /** Milliseconds from the first creation time in the packet, that of the bundle, to the time of the packet. */
  readonly ageMs: number;
}

/** Severities of expert information as tshark prints them. */
const WARNING = 0x60_0000;
/** Values of bpv7.crc_status. */
const BAD = '0';
const GOOD = '1';

const FIELDS = [
  'frame.protocols',
  'bpv7.crc_status',
  '_ws.expert.severity',
  '_ws.expert.message',
  'frame.comment',
  'frame.time_epoch',
  'bpv7.time.dtntime',
];

/** A character that stands in no message. */
const AGGREGATOR = '^';

/** Reads a capture with tshark as it is installed, without any setting. Throws where it does not read it to the end. */
export function dissectFile(file: string): Dissection[] {
  const options = ['-T', 'fields', '-E', `aggregator=${AGGREGATOR}`, ...FIELDS.flatMap((field) => ['-e', field])];
  const { status, signal, stdout, stderr } = spawnSync('tshark', ['-n', '-r', file, ...options], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    // Its own settings apply, not those of whoever runs the tests.
    env: { ...process.env, HOME: tmpdir(), XDG_CONFIG_HOME: tmpdir() },
  });
  if (status !== 0) throw new Error(`tshark ended with ${signal ?? status}: ${stderr}`);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [protocols = '', crcs = '', severities = '', messages = '', comments = '', seconds = '', creation = ''] =
        line.split('\t');
      const parts = (text: string) => (text === '' ? [] : text.split(AGGREGATOR));
      const statuses = parts(crcs);
      const levels = parts(severities).map(Number);
      return {
        protocols: protocols.split(':'),
        goodCrcs: statuses.filter((each) => each === GOOD).length,
        badCrcs: statuses.filter((each) => each === BAD).length,
        complaints: parts(messages).filter((_, i) => (levels[i] as number) >= WARNING),
        comments: parts(comments),
        ageMs: Number(seconds) * 1000 - DTN_EPOCH_UNIX_MS - Number(parts(creation)[0]),
      };
    });
}

/** The same for datagrams, through a capture in a folder of its own. */
export function dissect(datagrams: readonly CapturedDatagram[]): Dissection[] {
  const folder = mkdtempSync(join(tmpdir(), 'leodtn-test-'));
  try {
    const file = join(folder, 'test.pcapng');
    writePcap(file, datagrams);
    return dissectFile(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
