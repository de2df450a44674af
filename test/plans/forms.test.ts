/** What each format means: units, missing fields, intervals, names, and what is told of that which is not kept. */
import { describe, expect, it } from 'vitest';
import { formatIsoTime, parseIsoTime, type ReadPlanOptions, readPlan, recognisePlan } from '../../src/plans/index.js';

/** Contacts as [from, to, start s, end s, bytes/s, light s, confidence], then notes as [kind, line, message]. */
function read(text: string, options?: ReadPlanOptions) {
  const { document, notes, format } = readPlan(text, 'plan', options);
  return {
    format,
    names: document.nodes.map(({ number, name }) => [number, name]),
    contacts: document.contacts.map((c) => [
      c.from,
      c.to,
      c.startUs / 1e6,
      c.endUs / 1e6,
      c.rateBytesPerSecond,
      c.owltUs / 1e6,
      ...(c.confidence === undefined ? [] : [c.confidence]),
    ]),
    notes: notes.map(({ kind, line, message }) => [kind, line, message]),
    epochUnixUs: document.epochUnixUs,
  };
}

/** What a reader notes of contacts that are cut. */
const CUT = [
  'assumed',
  undefined,
  'a contact is cut where its rate or light time changes, and no bundle is sent across the cut',
];

describe('HDTN JSON', () => {
  it('has rates in bit/s or, in the older field, in Mbit/s; 0 is no limit; numbers may stand in quotes', () => {
    const text = `{"contacts": [
      {"contact": 0, "source": 1, "dest": 2, "startTime": 0, "endTime": 60, "rateBitsPerSec": 1000, "owlt": 1},
      {"source": "2", "dest": "1", "startTime": "5", "endTime": "5", "rate": "2", "owlt": "0"},
      {"source": 2, "dest": 0, "startTime": 0, "endTime": 60, "rate": 0, "owlt": 1},
      {"source": 2, "dest": 1, "startTime": 0, "endTime": 60, "rate": 5, "rateBitsPerSec": 0, "owlt": 1}]}`;
    expect(read(text)).toEqual({
      format: 'hdtn',
      names: [0, 1, 2].map((number) => [number, undefined]),
      contacts: [
        [1, 2, 0, 60, 125, 1],
        [2, 1, 5, 5, 250_000, 0],
        [2, 0, 0, 60, Infinity, 1],
        [2, 1, 0, 60, Infinity, 1],
      ],
      notes: [],
      epochUnixUs: undefined,
    });
    expect(read(text, { rateUnit: 'bytes' }).contacts.map(([, , , , rate]) => rate)).toEqual([
      1000,
      2e6,
      Infinity,
      Infinity,
    ]);
  });

  it('has decimal times, which are read exactly, and rounds those finer than a microsecond with a note', () => {
    const text = `{"contacts": [{"source": 1, "dest": 2, "startTime": 0.1, "endTime": 1531165614.475021, "rateBitsPerSec": 8, "owlt": 1e-6},
      {"source": 1, "dest": 2, "startTime": 0.10000049, "endTime": "0.3000005", "rateBitsPerSec": 8, "owlt": 9000000000.000001, "x": 1}], "y": 1}`;
    expect(read(text)).toMatchObject({
      contacts: [
        [1, 2, 0.1, 1531165614.475021, 1, 1e-6],
        [1, 2, 0.1, 0.300001, 1, 9_000_000_000_000_001 / 1e6],
      ],
      notes: [
        ['ignored', undefined, 'the member "y" is not kept'],
        ['ignored', undefined, '"x" of contacts is not kept'],
        ['rounded', undefined, '2 times are finer than a microsecond and rounded to the nearest'],
      ],
    });
    expect(readPlan(text, 'plan').document.contacts[1]?.owltUs).toBe(9_000_000_000_000_001);
  });

  it('rounds a decimal as it is written, not the product of its double', () => {
    const text =
      '{"contacts": [{"source": 1, "dest": 2, "startTime": 0, "endTime": 1531161990.1347444, "rateBitsPerSec": 8, "owlt": 1e-7}]}';
    expect(readPlan(text, 'plan').document.contacts).toMatchObject([{ endUs: 1_531_161_990_134_744, owltUs: 0 }]);
  });
});

describe('A-SABR text', () => {
  it('has statements that may run over lines, markers, budgets and comments', () => {
    const text = `# a plan\nnode 0 ground station\nnode 1 b # here\ncontact 0 1 0 60 1000 2 # there
      contact 1 0 0 60
        qd 500.5 0.25\ncontact 0 1 60 60 pbevl 8 0 1 2 3\ncontact 0 1 70 80 8 0 1 2 3\n`;
    expect(read(text)).toEqual({
      format: 'asabr',
      names: [
        [0, 'ground'],
        [1, 'b'],
      ],
      contacts: [
        [0, 1, 0, 60, 1000, 2],
        [1, 0, 0, 60, 500.5, 0.25],
        [0, 1, 60, 60, 8, 0],
        [0, 1, 70, 80, 8, 0],
      ],
      notes: [
        ['ignored', undefined, 'how a node manages bundles is not kept'],
        ['ignored', undefined, 'the marker of a contact, which says how volume is booked, is not kept, 2 times'],
        ['ignored', undefined, 'the budgets of the priorities of a contact are not kept, 2 times'],
      ],
      epochUnixUs: undefined,
    });
    expect(read(text, { rateUnit: 'bits' }).contacts[0]).toEqual([0, 1, 0, 60, 125, 2]);
  });

  it('has contacts whose rate and delay change, which become several back to back', () => {
    const nodes = 'node 0 a\nnode 1 b\n';
    const expected = [
      [0, 1, 60, 100, 10, 12],
      [0, 1, 100, 200, 10, 13],
      [0, 1, 200, 300, 15, 13],
    ];
    for (const form of [
      'contact 0 1 60 300 seg rate [60 200 10, 200 300 15] delay [60 100 12, 100 300 13]',
      'contact 0 1 60 300 pseg delay [60 100 12 , 100 300 13,] rate [60 200 10 ,200 300 15 ]',
      'contact 0 1 60 300\n delay 60 100 12\n delay 100 300 13 rate 60 200 10\n rate 200 300 15',
    ]) {
      expect(read(nodes + form).contacts, form).toEqual(expected);
      expect(read(nodes + form).notes, form).toContainEqual(['assumed', 3, CUT[2]]);
    }
    const instant = read(`${nodes}contact 0 1 60 60 seg rate [60 60 10] delay [60 60 12]`);
    expect(instant.contacts).toEqual([[0, 1, 60, 60, 10, 12]]);
    expect(instant.notes).not.toContainEqual(expect.arrayContaining(['assumed']));
  });

  it('takes an enode as a node and tells that vnode is not kept', () => {
    const text = 'node 0 a\nenode 1 b\nvnode 2 both [ 0,\n 1 ]\ncontact 0 1 0 9 8 0';
    expect(read(text)).toMatchObject({
      names: [
        [0, 'a'],
        [1, 'b'],
      ],
      contacts: [[0, 1, 0, 9, 8, 0]],
      notes: [
        ['ignored', 2, 'enode: taken as a node, that it is of another region is not kept'],
        ['ignored', 3, 'vnode: a name for several nodes is not kept'],
      ],
    });
  });
});

describe('dtn-tvg-util JSON', () => {
  const graph = (contacts: string, rest = '') =>
    `{"vertices": {"b": [], "a": ["b"], "c": []}, "edges": [{"vertices": ["b", "a"], "contacts": [${contacts}]}]${rest}}`;

  it('has predictions, of which the last counts, with intervals, which become contacts of their own', () => {
    const text = graph(
      '["b", "a", 10, 40, [[0, 0.2, [[10, 8, 0]]], [5, 0.5, [[0, 80, 1], [20, 160, 2.5], [40, 8, 0]]]]]',
    );
    expect(read(text)).toEqual({
      format: 'tvg',
      names: [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ],
      contacts: [
        [2, 1, 10, 20, 10, 1, 0.5],
        [2, 1, 20, 40, 20, 2.5, 0.5],
      ],
      notes: [['ignored', undefined, 'a contact has earlier predictions, which are not kept'], CUT],
      epochUnixUs: undefined,
    });
  });

  it('has the form of seven elements with volumes in bits', () => {
    const text = graph(
      '["b", "a", 10, 14, [[0.0, 64]], 1.0, 0.5]',
      ', "contact_type": "PredictedContact", "hotspots": []',
    );
    expect(read(text)).toMatchObject({
      contacts: [[2, 1, 10, 14, 2, 0.5]],
      notes: [['ignored', undefined, 'the member "hotspots" is not kept']],
    });
    expect(read(text, { rateUnit: 'bytes' }).contacts).toEqual([[2, 1, 10, 14, 16, 0.5]]);
  });

  it('has factual contacts, whose bit error rates are not kept', () => {
    const text = graph('["b", "a", 10, 40, [[10, 80, 0.1, 1], [20, 160, 0, 2]]], ["b", "a", 50, 50, 8, 0, 0]');
    expect(read(text)).toMatchObject({
      contacts: [
        [2, 1, 10, 20, 10, 1],
        [2, 1, 20, 40, 20, 2],
        [2, 1, 50, 50, 1, 0],
      ],
      notes: [['ignored', undefined, 'bit error rates are not kept'], CUT],
    });
  });

  it('has legacy contacts, which hold for both directions and have no rate', () => {
    const edge = (from: string, to: string) =>
      `{"vertices": ["${from}", "${to}"], "contacts": [[1, 2, 1.0], [5.5, 7, 0.25]]}`;
    const text = `{"vertices": ["z", "y"], "edges": [${edge('z', 'y')}, ${edge('y', 'z')}]}`;
    expect(read(text)).toMatchObject({
      contacts: [
        [2, 1, 1, 2, Infinity, 0],
        [1, 2, 1, 2, Infinity, 0],
        [2, 1, 5.5, 7, Infinity, 0, 0.25],
        [1, 2, 5.5, 7, Infinity, 0, 0.25],
      ],
      notes: [
        [
          'assumed',
          undefined,
          'the legacy form gives no rates and no delays: contacts without a limit and a delay of 0, 2 times',
        ],
        ['ignored', undefined, 'a legacy contact holds for both directions and is listed again: taken once, 2 times'],
      ],
    });
  });

  it('leaves out what never happens', () => {
    expect(read(graph('\n["b", "a", 10, 40, [[0, 0, [[10, 8, 0]]]]]'))).toMatchObject({
      contacts: [],
      notes: [['unusable', 2, 'probability 0: not usable']],
    });
  });
});

describe('our own JSON', () => {
  it('has names, a date, unlimited rates and confidences', () => {
    const text = `\ufeff{"leodtnContactPlan": 1, "epoch": "2026-06-15T02:00:00.5+02:00",
      "nodes": [{"number": 7, "name": "x"}, {"number": 3}],
      "contacts": [{"from": "x", "to": 3, "startSeconds": 0.000001, "endSeconds": 2, "rateBytesPerSecond": "unlimited",
        "oneWayLightTimeSeconds": 0, "confidence": 0.5}]}`;
    expect(read(text)).toEqual({
      format: 'leodtn',
      names: [
        [3, undefined],
        [7, 'x'],
      ],
      contacts: [[7, 3, 0.000001, 2, Infinity, 0, 0.5]],
      notes: [],
      epochUnixUs: Number(new Date('2026-06-15T00:00:00.500Z')) * 1000,
    });
  });

  it('takes numbers as they come where no nodes are listed', () => {
    const text =
      '{"leodtnContactPlan": 1, "contacts": [{"from": 9, "to": 0, "startSeconds": 0, "endSeconds": 1, "rateBytesPerSecond": 1, "oneWayLightTimeSeconds": 0}]}';
    expect(read(text).names).toEqual([
      [0, undefined],
      [9, undefined],
    ]);
  });

  it('wants a number where a name is that of several nodes', () => {
    const text =
      '{"leodtnContactPlan": 1, "nodes": [{"number": 1, "name": "x"}, {"number": 2, "name": "x"}], "contacts": [{"from": "x", "to": 2, "startSeconds": 0, "endSeconds": 1, "rateBytesPerSecond": 1, "oneWayLightTimeSeconds": 0}]}';
    expect(() => read(text)).toThrow(/contacts\.0\.from: found "x", expected the number, since several nodes/);
  });
});

describe('ION text', () => {
  it('keeps confidences, the date of the axis, and nodes that only ranges name', () => {
    const text =
      '@ 2026/06/15-00:00:00\na range +0 +99 1 2 1\na range +0 +9 2 3 1\na contact +0 +9 1 2 80 0.5\na contact +9 +19 2 1 80 0\n';
    expect(read(text)).toEqual({
      format: 'ion',
      names: [1, 2, 3].map((number) => [number, undefined]),
      contacts: [[1, 2, 0, 9, 80, 1, 0.5]],
      notes: [['unusable', 5, 'the contact from 2 to 1 has confidence 0: not usable']],
      epochUnixUs: Number(new Date('2026-06-15T00:00:00Z')) * 1000,
    });
    expect(read(text, { rateUnit: 'bits' }).contacts[0]).toEqual([1, 2, 0, 9, 10, 1, 0.5]);
  });

  it('may be that of a whole node, with commands that change no contact and comments behind others', () => {
    const text =
      "## begin ionadmin\n1 1 ''\ns\n^ 1\nm horizon +0\nm production 1000\na range +0 +9 1 2 1 # light\na contact +0 +9 1 2 8 # slow\ne 1\n";
    expect(read(text)).toMatchObject({
      contacts: [[1, 2, 0, 9, 8, 1]],
      notes: [['ignored', 2, 'a command of ionadmin that adds no contact and no range is not kept, 5 times']],
    });
  });

  it('notes a contact that is cut where its light time changes, and none that a gap between ranges parts', () => {
    const contact = 'a contact +0 +30 1 2 8\n';
    const changed = `a range +0 +10 1 2 1\na range +10 +20 1 2 1\na range +20 +30 1 2 2\n${contact}`;
    expect(read(changed).notes).toEqual([['assumed', 4, CUT[2]]]);
    const parted = `a range +0 +10 1 2 1\na range +20 +30 1 2 2\n${contact}`;
    expect(read(parted).notes).toEqual([['unusable', 3, expect.stringContaining('10 s of the contact')]]);
  });

  it('keeps the order of the file and rounds with a note', () => {
    const text = 'a range +0 +99 1 2 0.0000005\na contact +20 +30 1 2 8\na contact +0 +9.00000049 2 1 8\n';
    expect(read(text)).toMatchObject({
      contacts: [
        [1, 2, 20, 30, 8, 0.000001],
        [2, 1, 0, 9, 8, 0.000001],
      ],
      notes: [['rounded', undefined, '2 times are finer than a microsecond and rounded to the nearest']],
    });
  });
});

describe('recognisePlan', () => {
  it.each([
    ['ion', '# x\n\n  m horizon +0\n'],
    ['ion', '1 0 \na contact +0 +1 1 2 3'],
    ['ion', '@ +5'],
    ['asabr', '# a contact\nnode 0 a'],
    ['hdtn', ' \n{"contacts": []}'],
    ['tvg', '{"edges": []}'],
    ['leodtn', '{"contacts": [], "leodtnContactPlan": 1}'],
    [undefined, '{"contacts": ['],
    [undefined, 'about contacts'],
  ])('finds %s', (format, text) => {
    expect(recognisePlan(text)).toBe(format);
  });
});

describe('dates', () => {
  it('agree with the calendar of the platform', () => {
    for (let day = -103_000; day < 103_000; day += 97) {
      const iso = new Date(day * 86_400_000 + 12_345_678).toISOString();
      const unixUs = Date.parse(iso) * 1000;
      expect(parseIsoTime(iso)?.us).toBe(unixUs);
      expect(formatIsoTime(unixUs)).toBe(iso);
    }
  });

  it.each([
    '2026-06-15',
    '2026-06-15T00:00:00',
    '2026-13-01T00:00:00Z',
    '2026-06-15T24:00:00Z',
    '2026-06-15T00:00:00+24:00',
    '',
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });
});
