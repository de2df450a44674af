/** Bad lines and contacts: where they are, what was expected, and what becomes of them when they may be skipped. */
import { describe, expect, it } from 'vitest';
import { InputFileError } from '../../src/base/errors.js';
import { type PlanFormat, type ReadPlanOptions, readPlan } from '../../src/plans/index.js';

/** The error of a text, as [line, field, problem]. */
function faultOf(
  text: string,
  options: ReadPlanOptions = {},
): [line: number | undefined, field: string, problem: string] {
  try {
    readPlan(text, 'plan', options);
  } catch (error) {
    expect(error).toBeInstanceOf(InputFileError);
    const { position, problem, message } = error as InputFileError;
    expect(position.file).toBe('plan');
    expect(message).not.toContain('\n');
    return [position.line, position.field ?? '', problem];
  }
  return expect.fail('was read without an error');
}

const HDTN = '{"source": 1, "dest": 2, "startTime": 0, "endTime": 60, "rateBitsPerSec": 8, "owlt": 1}';
const OWN =
  '{"from": 1, "to": 2, "startSeconds": 0, "endSeconds": 60, "rateBytesPerSecond": 8, "oneWayLightTimeSeconds": 1}';
const TVG = '["a", "b", 10, 20, [[0, 1, [[10, 8, 0]]]]]';

const hdtn = (contact: string) => `{"contacts": [\n${HDTN},\n${contact}\n]}`;
const own = (contact: string, nodes = '') => `{"leodtnContactPlan": 1,${nodes}\n"contacts": [\n${OWN},\n${contact}\n]}`;
const tvg = (contact: string, from = 'a', to = 'b') =>
  `{"vertices": {"a": ["b"], "b": []},\n"edges": [{"vertices": ["${from}", "${to}"], "contacts": [\n${TVG},\n${contact}]}]}`;
const asabr = (...lines: string[]) => `node 0 a\nnode 1 b\n${lines.join('\n')}`;
const swap = (text: string, before: string, after: string) => {
  expect(text).toContain(before);
  return text.replace(before, after);
};

describe.each<[format: PlanFormat, cases: [text: string, line: number | undefined, field: string, problem: RegExp][]]>([
  [
    'hdtn',
    [
      [hdtn(swap(HDTN, '60', '-1')), 3, 'contacts.1.endTime', /found -1, expected a time in seconds of at least 0/],
      [
        hdtn(swap(HDTN, '"startTime": 0', '"startTime": 61')),
        3,
        'contacts.1.endTime',
        /found 60, expected an end not before the start, which is 61/,
      ],
      [hdtn(swap(HDTN, '60', '"soon"')), 3, 'contacts.1.endTime', /found "soon", expected a time/],
      [hdtn(swap(HDTN, '60', 'null')), 3, 'contacts.1.endTime', /found null/],
      [hdtn(swap(HDTN, '60', '1e999')), 3, 'contacts.1.endTime', /found 1e999, expected a time in seconds/],
      [hdtn(swap(HDTN, '2', '18446744073709551615')), 3, 'contacts.1.dest', /found 18446744073709551615, expected/],
      [
        hdtn(swap(HDTN, '}', ', "dest": 3}')),
        3,
        'contacts.1.dest',
        /stands there a second time, expected every member once/,
      ],
      [`${hdtn(HDTN).slice(0, -1)}, "contacts": []}`, 4, 'contacts', /stands there a second time/],
      [hdtn(swap(HDTN, '60', '1e10')), 3, 'contacts.1.endTime', /within 2\^53 microseconds/],
      [hdtn(swap(HDTN, '60', 'NaN')), 3, 'contacts.1.endTime', /found "NaN, .*expected a JSON value/],
      [hdtn(swap(HDTN, '60', 'Infinity')), 3, 'contacts.1.endTime', /expected a JSON value/],
      [hdtn(swap(HDTN, ', "owlt": 1', '')), 3, 'contacts.1.owlt', /is missing, expected a one-way light time/],
      [hdtn(swap(HDTN, '"owlt": 1', '"owlt": -1')), 3, 'contacts.1.owlt', /found -1/],
      [
        hdtn(swap(HDTN, '"rateBitsPerSec": 8, ', '')),
        3,
        'contacts.1.rateBitsPerSec',
        /is missing, expected a rate in bit\/s/,
      ],
      [hdtn(swap(HDTN, ': 8', ': -8')), 3, 'contacts.1.rateBitsPerSec', /found -8, expected a rate/],
      [hdtn(swap(HDTN, 'BitsPerSec": 8', '": "x"')), 3, 'contacts.1.rate', /expected a rate in Mbit\/s/],
      [hdtn(swap(HDTN, '2', '1')), 3, 'contacts.1.dest', /found 1, expected another node than the source/],
      [
        hdtn(swap(HDTN, '2', '1.5')),
        3,
        'contacts.1.dest',
        /found 1.5, expected a whole node number from 0 to 4294967294/,
      ],
      [hdtn(swap(HDTN, '2', '4294967295')), 3, 'contacts.1.dest', /expected a whole node number/],
      [hdtn('7'), 3, 'contacts.1', /found 7, expected a contact/],
      [hdtn('[]'), 3, 'contacts.1', /found \[\], expected a contact/],
      ['{"contacts": {}}', 1, 'contacts', /found {}, expected a list of contacts/],
      [`${hdtn(HDTN)} x`, 4, '', /found "x", expected nothing after the end/],
      [`{"contacts": [\n${HDTN}\n${HDTN}]}`, 3, 'contacts.0', /found "{.*expected "," or "]"/],
      ['{"contacts": [\n', 2, 'contacts.0', /the file ends, expected a JSON value/],
      [
        '{"contacts": [{"source" 1}]}',
        1,
        'contacts.0.source',
        /expected the name of a member in double quotes and a colon/,
      ],
    ],
  ],
  [
    'leodtn',
    [
      [own(swap(OWN, '60', '-1')), 4, 'contacts.1.endSeconds', /found -1, expected a time/],
      [
        own(swap(OWN, '"startSeconds": 0', '"startSeconds": 99')),
        4,
        'contacts.1.endSeconds',
        /an end not before the start/,
      ],
      [
        own(swap(OWN, ': 8', ': 0')),
        4,
        'contacts.1.rateBytesPerSecond',
        /found 0, expected a rate above 0, or "unlimited"/,
      ],
      [own(swap(OWN, ': 8', ': "8"')), 4, 'contacts.1.rateBytesPerSecond', /found "8", expected a rate above 0/],
      [
        own(swap(OWN, '"to": 2', '"to": "b"')),
        4,
        'contacts.1.to',
        /found "b", expected a node number, or a name from "nodes"/,
      ],
      [own(swap(OWN, '"to": 2', '"to": 1')), 4, 'contacts.1.to', /expected another node/],
      [own(OWN, ' "nodes": [{"number": 1}],'), 3, 'contacts.0.to', /found 2, expected a node that "nodes" lists/],
      [own(OWN, ' "nodes": [{"number": 1}, {"number": 1}],'), 1, 'nodes.1.number', /expected every node once/],
      [
        own(swap(OWN, '}', ', "confidence": 0}')),
        4,
        'contacts.1.confidence',
        /expected a confidence above 0 and at most 1/,
      ],
      [own(swap(OWN, '}', ', "confidence": 1.1}')), 4, 'contacts.1.confidence', /expected a confidence above 0/],
      [
        own(swap(OWN, '}', ', "owlt": 1}')),
        4,
        'contacts.1.owlt',
        /is not known here, expected only from, to, startSeconds/,
      ],
      [own(swap(OWN, '"from": 1, ', '')), 4, 'contacts.1.from', /is missing, expected a whole node number/],
      [swap(own(OWN), ': 1,', ': 2,'), 1, 'leodtnContactPlan', /found 2, expected version 1/],
      [own(OWN, ' "epoch": "2026-06-15T00:00:00",'), 1, 'epoch', /expected a date with its zone/],
      [own(OWN, ' "epoch": "2026-02-29T00:00:00Z",'), 1, 'epoch', /expected a date with its zone/],
      [own(OWN, ' "epoch": "0001-01-01T00:00:00Z",'), 1, 'epoch', /in the years 1685 to 2254/],
      [own(OWN, ' "epoch": 5,'), 1, 'epoch', /found 5, expected a date/],
    ],
  ],
  [
    'tvg',
    [
      [
        tvg(swap(TVG, '20', '9')),
        4,
        'edges.0.contacts.1.3',
        /found 9, expected an end not before the start, which is 10/,
      ],
      [tvg(swap(TVG, '8', '0')), 4, 'edges.0.contacts.1.4.0.2.0.1', /found 0, expected a rate above 0/],
      [
        tvg(swap(TVG, '[10', '[11')),
        4,
        'edges.0.contacts.1.4.0.2.0.0',
        /found 11, expected an interval from the start of the contact, 10/,
      ],
      [tvg(swap(TVG, ']]]]', '], [9, 8, 0]]]]')), 4, 'edges.0.contacts.1.4.0.2.1.0', /expected intervals in the order/],
      [tvg(swap(TVG, '[[10, 8, 0]]', '[]')), 4, 'edges.0.contacts.1.4.0.2', /expected at least one interval/],
      [tvg(swap(TVG, '0, 1,', '0, 1.5,')), 4, 'edges.0.contacts.1.4.0.1', /expected a probability from 0 to 1/],
      [tvg(swap(TVG, '"b"', '"c"')), 4, 'edges.0.contacts.1.1', /found "c", expected "b" as in the edge/],
      [tvg('[1, 2]'), 4, 'edges.0.contacts.1', /expected a list of 5 elements/],
      [tvg('["a", "b", 5, 5, [[0, 8]], 1, 0]'), 4, 'edges.0.contacts.1.3', /since a volume needs time/],
      [tvg('["a", "b", 5, 9, [[0, 0]], 1, 0]'), 4, 'edges.0.contacts.1.4.0.1', /expected a volume above 0/],
      [tvg('["a", "b", 5, 9, 0, 0, 0]'), 4, 'edges.0.contacts.1.4', /expected a rate above 0/],
      [tvg('[5, 4, 1]'), 4, 'edges.0.contacts.1.1', /expected an end not before/],
      [tvg(TVG, 'a', 'c'), 2, 'edges.0.vertices.1', /found "c", expected a name that "vertices" lists/],
      [tvg(TVG, 'a', 'a'), 2, 'edges.0.vertices.1', /expected another node/],
      ['{"vertices": ["a", "a"], "edges": []}', 1, 'vertices.1', /expected every name once/],
      ['{"vertices": ["a", 2], "edges": []}', 1, 'vertices.1', /expected a name in double quotes/],
      ['{"vertices": []}', 1, 'edges', /is missing, expected a list of edges/],
    ],
  ],
  [
    'asabr',
    [
      [asabr('contact 0 1 10 9 8 0'), 3, 'end', /found "9", expected an end not before the start/],
      [asabr('contact 0 1 -1 9 8 0'), 3, 'start', /found "-1", expected a time in seconds of at least 0/],
      [asabr('contact 0 1 0 9 0 0'), 3, 'rate', /found "0", expected a rate above 0/],
      [asabr('contact 0 1 0 9 NaN 0'), 3, 'rate', /found "NaN"/],
      [asabr('contact 0 1 0 9 8 inf'), 3, 'delay', /found "inf"/],
      [asabr('contact 0 1 0 1e10 8 0'), 3, 'end', /within 2\^53 microseconds/],
      [asabr('contact 0 1 0 9 8'), 3, 'delay', /the file ends, expected a delay/],
      [asabr('contact 0 1 0 9 8', 'contact 0 1 0 9 8 0'), 4, 'delay', /found "contact"/],
      [asabr('contact 0 1 0 9 8 0 5'), 3, 'budget', /the file ends, expected three budgets or none/],
      [asabr('contact 0 1 0 9 8 0 5 5 5 5'), 3, 'contact', /found "5", expected the end of the contact/],
      [
        asabr('contact 0 2 0 9 8 0'),
        3,
        'to',
        /found "2", expected a node that a line "node NUMBER NAME" before declares/,
      ],
      [asabr('contact 0 0 0 9 8 0'), 3, 'to', /expected another node/],
      [asabr('contact 0 1 0 9 xyz 8 0'), 3, 'rate', /found "xyz"/],
      [asabr('node 1 again'), 3, 'node', /found "1", expected every node once/],
      ['node 0\nnode 1 b\n', 2, 'name', /found "node", expected a name/],
      [asabr('node -1 b'), 3, 'node', /found "-1", expected a whole node number/],
      [asabr('link 0 1'), 3, 'command', /found "link", expected node, contact, enode or vnode/],
      [
        asabr('contact 0 1 0 9 seg rate [0 5 8] delay [0 9 1]'),
        3,
        'rate',
        /the file ends, expected intervals of the rate until the end of the contact, 9/,
      ],
      [
        asabr('contact 0 1 0 9 seg rate [0 5 8, 6 9 8] delay [0 9 1]'),
        3,
        'rate',
        /found "6", expected an interval from 5, so that there is no gap/,
      ],
      [
        asabr('contact 0 1 0 9 seg rate [0 5 8, 5 10 8] delay [0 9 1]'),
        3,
        'rate',
        /found "10", expected an end after the start and within the contact/,
      ],
      [asabr('contact 0 1 0 9 seg rate [0 9 0] delay [0 9 1]'), 3, 'rate', /found "0", expected a rate above 0/],
      [asabr('contact 0 1 0 9 seg rate [0 9 8 delay [0 9 1]'), 3, 'rate', /found "delay", expected "," or "]"/],
      [asabr('contact 0 1 0 9 seg rate [0 9 8]'), 3, 'delay', /expected intervals of the delay/],
    ],
  ],
  [
    'ion',
    [
      [
        'a range +0 +9 1 2 1\na contact +0 +9 1 2 8\na contact +5 +12 1 2 8',
        3,
        'start',
        /overlaps the contact from 1 to 2 of line 2/,
      ],
      ['a range +0 +9 1 2 1\na contact +9 +9 1 2 8', 2, 'end', /expected an end later than the start/],
      ['a range +0 +9 1 2 1\na contact +0 +9 1 2 1e999', 2, 'rate', /expected a rate in bytes per second above 0/],
      ['a range +0 +9 1 2 -1', 1, 'owlt', /found "-1", expected a one-way light time/],
      ['a contact +0 1600/01/01-00:00:00 1 2 1', 1, 'end', /a date and time that exist, in the years 1685 to 2254/],
      ['a range +0 +9 1 2 1\nd contact +0 1 2', 2, 'command', /found "d contact \+0 1 2", expected a contact/],
      ['@ soon\na range +0 +9 1 2 1', 1, 'time', /found "soon", expected a time/],
    ],
  ],
])('%s', (format, cases) => {
  const titled = cases.map((each, i) => [`${i}: ${each[2]}: ${each[3].source}`, ...each] as const);
  it.each(titled)('points at %s', (_, text, line, field, problem) => {
    const fault = faultOf(text, { format });
    expect(fault.slice(0, 2)).toEqual([line, field]);
    expect(fault[2]).toMatch(problem);
  });
});

describe('skipBad', () => {
  const notesOf = (text: string) => {
    const { document, notes } = readPlan(text, 'plan', { skipBad: true });
    const { length } = document.contacts;
    return [length, notes.map(({ kind, line, field, message }) => [kind, line, field, message])];
  };
  const summary = (count: string) => ['skipped', undefined, undefined, `${count} left out`];

  it('leaves out bad contacts, names each with its line, and counts them', () => {
    expect(notesOf(`{"contacts": [\n${swap(HDTN, '60', '-1')},\n${HDTN},\n${swap(HDTN, '2', '1')}]}`)).toEqual([
      1,
      [
        ['skipped', 2, 'contacts.0.endTime', 'found -1, expected a time in seconds of at least 0'],
        ['skipped', 4, 'contacts.2.dest', 'found 1, expected another node than the source'],
        summary('2 bad lines or contacts were'),
      ],
    ]);
    expect(notesOf(tvg('[7]'))).toEqual([
      1,
      [
        ['skipped', 4, 'edges.0.contacts.1', expect.stringContaining('found [7]')],
        summary('1 bad line or contact was'),
      ],
    ]);
    expect(notesOf(own('7'))).toEqual([
      1,
      [['skipped', 4, 'contacts.1', 'found 7, expected a contact'], summary('1 bad line or contact was')],
    ]);
  });

  it('goes on at the next statement of an A-SABR file', () => {
    const text = asabr(
      'contact 0 1 0 9 8',
      'contact 0 1 0 9 8 1',
      'what else',
      'contact 1 0 0 9 8 1',
      'contact 1 0 5 4 8 1',
    );
    const { document, notes } = readPlan(text, 'plan', { skipBad: true });
    expect(document.contacts.map(({ line }) => line)).toEqual([4, 6]);
    expect(notes.map(({ line, field }) => [line, field])).toEqual([
      [4, 'delay'],
      [5, 'command'],
      [7, 'end'],
      [undefined, undefined],
    ]);
  });

  it('leaves out the later of two ION lines that overlap, and lines of other kinds', () => {
    const text =
      'a range +0 +99 1 2 1\na contact +5 +9 1 2 8\na contact +0 +6 1 2 8\na contact +20 +30 1 2 8\na range +1 +2 1 2 5\na plan\n';
    const { document, notes } = readPlan(text, 'plan', { skipBad: true });
    expect(document.contacts.map(({ startUs, owltUs }) => [startUs, owltUs])).toEqual([
      [5e6, 1e6],
      [20e6, 1e6],
    ]);
    expect(notes.map(({ line }) => line)).toEqual([3, 5, 6, undefined]);
  });

  it('does not skip a reference time, which all that follows stands on', () => {
    expect(faultOf('@ soon\na range +0 +9 1 2 1', { skipBad: true })[1]).toBe('time');
  });

  it('does not read half of a contact', () => {
    const text = tvg('["a", "b", 10, 20, [[0, 1, [[10, 8, 0], [15, 8, 0], [17, 0, 0]]]]]');
    expect(readPlan(text, 'plan', { skipBad: true }).document.contacts).toHaveLength(1);
  });
});

describe('a text of no known format', () => {
  it.each(['', '# nothing\n', 'hello', '{}', '[]', '{"plan": 1}'])('is refused with all formats: %j', (text) => {
    const [, , problem] = faultOf(text);
    for (const format of ['ion (', 'hdtn (', 'asabr (', 'tvg (', 'leodtn (']) expect(problem).toContain(format);
  });

  it('has a short name for a place of any depth', () => {
    const [, field] = faultOf('['.repeat(100_000));
    expect(field).toBe(`${Array(12).fill('0').join('.')}...`);
  });

  it('is refused at its fault where it is broken JSON', () => {
    expect(faultOf('{"contacts": [\n{"a": tru}]}')).toEqual([
      2,
      'contacts.0.a',
      'found "tru}]}", expected a JSON value',
    ]);
  });
});
