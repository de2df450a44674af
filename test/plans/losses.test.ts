/** Each kind of loss: what is told, what is refused, and what is written where it is allowed. */
import { describe, expect, it } from 'vitest';
import { type PlanFormat, planLosses, readPlan, writePlan } from '../../src/plans/index.js';
import type { PlanContact, PlanDocument } from '../../src/routing/index.js';
import { contents } from './documents.js';

const CONTACT: PlanContact = { from: 1, to: 2, startUs: 0, endUs: 10e6, rateBytesPerSecond: 1000, owltUs: 1e6 };

function plan(contacts: readonly Partial<PlanContact>[], names: readonly string[] = []): PlanDocument {
  const whole = contacts.map((contact) => ({ ...CONTACT, ...contact }));
  const numbers = [...new Set(whole.flatMap(({ from, to }) => [from, to]))].sort((a, b) => a - b);
  return { nodes: numbers.map((number, i) => ({ number, name: names[i] })), contacts: whole, epochUnixUs: undefined };
}

/** Kinds with counts, and what is read back where loss is allowed. */
function lossy(document: PlanDocument, format: PlanFormat) {
  const { text, losses } = writePlan(document, format, { allowLoss: true });
  const kinds = losses.map(({ kind, count }) => `${kind} ${count}`).join(', ');
  return { kinds, back: readPlan(text, 'written').document.contacts.map(({ line: _, ...contact }) => contact) };
}

describe('what changes when or how much can be sent', () => {
  it.each(['ion', 'asabr', 'tvg'] as const)('is an unlimited rate in %s, nearest 1 Tbit/s', (format) => {
    const { kinds, back } = lossy(plan([{ rateBytesPerSecond: Infinity }]), format);
    expect(kinds).toMatch(/^unlimited-rate 1/);
    expect(back[0]?.rateBytesPerSecond).toBe(125e9);
  });

  it('is an overlap in ION text, nearest cut', () => {
    const contacts = [
      { startUs: 5e6, endUs: 20e6 },
      {},
      { startUs: 1e6, endUs: 2e6 },
      { from: 2, to: 1 },
      { from: 2, to: 3 },
    ];
    const { kinds, back } = lossy(plan(contacts), 'ion');
    expect(kinds).toBe('overlap 2');
    expect(back.map(({ from, to, startUs, endUs }) => [from, to, startUs / 1e6, endUs / 1e6])).toEqual([
      [1, 2, 10, 20],
      [1, 2, 0, 10],
      [2, 1, 0, 10],
      [2, 3, 0, 10],
    ]);
  });

  it('is no length, and node 0, in ION text', () => {
    const { kinds, back } = lossy(plan([{ endUs: 0 }, { from: 0, to: 1 }, { from: 2, to: 0 }]), 'ion');
    expect(kinds).toBe('no-length 1, node-zero 1');
    expect(back.map(({ from, to }) => [from, to])).toEqual([
      [3, 1],
      [2, 3],
    ]);
  });

  it('is a fraction of a second or a bit in HDTN JSON, nearest inside', () => {
    const contacts = [
      { startUs: 500_000, endUs: 9_999_999, owltUs: 1 },
      { startUs: 500_000, endUs: 1_500_000 },
      { rateBytesPerSecond: 1.3 },
      { rateBytesPerSecond: 0.1 },
      { rateBytesPerSecond: 0.125 },
      { rateBytesPerSecond: 1e20 },
    ];
    const { kinds, back } = lossy(plan(contacts), 'hdtn');
    expect(kinds).toBe('rate-too-high 1, rate-fraction 2, time-fraction 2');
    expect(back.map((c) => [c.startUs, c.endUs, c.owltUs, c.rateBytesPerSecond])).toEqual([
      [1e6, 9e6, 1e6, 1000],
      [0, 10e6, 1e6, 1.25],
      [0, 10e6, 1e6, 0.125],
      [0, 10e6, 1e6, (2 ** 64 - 2 ** 11) / 8],
    ]);
  });

  it('is refused in one line with what is lost, examples, and what is nearest', () => {
    const document = plan([{ rateBytesPerSecond: Infinity, startUs: 1_500_000 }]);
    expect(() => writePlan(document, 'ion')).toThrow(
      'cannot be written as ION text without loss. 1: contacts have no limit on their rate, which the format cannot say (such as 1 to 2 at 1.5 s: unlimited), nearest: 125000000000 bytes/s',
    );
  });

  it('is more nodes than A-SABR can number, with nothing near', () => {
    const nodes = Array.from({ length: 65_537 }, (_, number) => ({ number, name: String(number) }));
    const document = { ...plan([{}]), nodes };
    expect(() => writePlan(document, 'asabr', { allowLoss: true })).toThrow(/1: nodes are more than the 65,536/);
    expect(planLosses({ ...document, nodes: nodes.slice(1) }, 'asabr').map(({ kind }) => kind)).not.toContain(
      'too-many-nodes',
    );
  });
});

describe('what is only listed', () => {
  it('is names, dates, confidences and idle nodes', () => {
    const document = { ...plan([{ confidence: 0.5 }], ['a', 'b']), epochUnixUs: 0 };
    const idle = { ...document, nodes: [...document.nodes, { number: 9, name: undefined }] };
    const kinds = (format: PlanFormat) => planLosses(idle, format).map(({ kind, count }) => `${kind} ${count}`);
    expect(kinds('hdtn')).toEqual(['epoch 1', 'names 2', 'idle-nodes 1', 'confidence 1']);
    expect(kinds('ion')).toEqual(['names 2', 'idle-nodes 1']);
    expect(kinds('asabr')).toEqual(['epoch 1', 'names-changed 1', 'numbers-changed 3', 'confidence 1']);
    expect(kinds('tvg')).toEqual(['epoch 1', 'names-changed 1', 'numbers-changed 3']);
    expect(kinds('leodtn')).toEqual([]);
  });

  it('is fractions that peers do not read, in ION and A-SABR text', () => {
    const document = plan([{ startUs: 1 }, { rateBytesPerSecond: 1e21, from: 3 }]);
    expect(planLosses(document, 'ion')).toMatchObject([{ kind: 'dialect', count: 2, severity: 'listed' }]);
    expect(readPlan(writePlan(document, 'ion').text, 'written').document.contacts).toMatchObject(document.contacts);
  });

  it('is names that a format cannot hold, which stay apart', () => {
    const document = plan(
      [
        { from: 0, to: 1 },
        { from: 1, to: 2 },
      ],
      ['x y', 'x_y', 'z'],
    );
    const { text, losses } = writePlan(document, 'asabr');
    expect(text).toMatch(/^node 0 x_y\nnode 1 x_y_1\nnode 2 z\n/);
    expect(losses.map(({ kind, count }) => `${kind} ${count}`)).toEqual(['names-changed 2']);
  });
});

describe('JSON of dtn-tvg-util', () => {
  it('is written in the legacy form where that says all', () => {
    const open = { rateBytesPerSecond: Infinity, owltUs: 0 };
    const document = plan([open, { ...open, from: 2, to: 1 }], ['a', 'b']);
    const { text, losses } = writePlan(document, 'tvg');
    expect(losses).toEqual([]);
    expect(text).toContain('"vertices": ["a","b"]');
    expect(contents(readPlan(text, 'written').document)).toEqual(contents(document));
    for (const broken of [
      [open],
      [open, { ...open, from: 2, to: 1, owltUs: 1 }],
      [open, open, { ...open, from: 2, to: 1 }],
    ]) {
      expect(planLosses(plan(broken, ['a', 'b']), 'tvg').map(({ kind }) => kind)).toContain('unlimited-rate');
    }
  });
});

describe('a broken document', () => {
  it('is refused in every format', () => {
    for (const format of ['ion', 'hdtn', 'asabr', 'tvg', 'leodtn'] as const) {
      const write = (document: PlanDocument) => () => writePlan(document, format, { allowLoss: true });
      expect(write(plan([{ endUs: -1 }]))).toThrow(expect.objectContaining({ code: 'bad-contact' }));
      expect(write({ ...plan([{}]), epochUnixUs: 0.5 })).toThrow(expect.objectContaining({ code: 'bad-epoch' }));
    }
  });
});
