/**
 * Published plans, through every format and back. More of them are taken from the folder that LEODTN_PLANS names, where it is set;
 * their files end in .gz.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputFileError } from '../../src/base/errors.js';
import { PLAN_FORMATS, readPlan, recognisePlan, writePlan } from '../../src/plans/index.js';
import { ContactPlan } from '../../src/routing/index.js';
import { contents } from './documents.js';

const OWN = fileURLToPath(new URL('../vectors/plans', import.meta.url));
const CGR = fileURLToPath(new URL('../vectors/cgr', import.meta.url));
const folders = [OWN, CGR, ...(process.env['LEODTN_PLANS'] === undefined ? [] : [process.env['LEODTN_PLANS']])];
const files = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.gz'))
    .map((name) => [name, join(folder, name)] as const),
);

const textOf = (path: string) => gunzipSync(readFileSync(path)).toString();

/** What is known of some: format, nodes, contacts that are read, bad ones, and kinds of other notes. */
const KNOWN: { readonly [name: string]: readonly [string, number, number, number, string] } = {
  'hdtn-10nodes.json.gz': ['hdtn', 14, 362, 6, ''],
  'hdtn-50nodes.json.gz': ['hdtn', 54, 7038, 148, ''],
  'hdtn-100nodes.json.gz': ['hdtn', 104, 27508, 654, ''],
  'asabr-sample1-tvgutil.json.gz': ['tvg', 206, 16138, 0, ''],
  'pydtnsim-03_tvg.json.gz': ['tvg', 3, 12, 0, 'rounded'],
  'pydtnsim-tvg_g10_s10.json.gz': ['tvg', 20, 1812, 0, 'assumed'],
  'pydtnsim-tvg_gs10_hs2_it1.json.gz': ['tvg', 20, 2820, 0, 'ignored rounded'],
};

describe.each(files)('%s', (name, path) => {
  const text = textOf(path);
  const read = readPlan(text, name, { skipBad: true });

  it('is recognised, and read as it is known', () => {
    expect(recognisePlan(text)).toBe(read.format);
    expect(read.document.contacts.length).toBeGreaterThan(0);
    expect(() => new ContactPlan(read.document.contacts)).not.toThrow();
    const known = KNOWN[name];
    if (known === undefined) return;
    const skipped = read.notes.filter(({ kind, line }) => kind === 'skipped' && line !== undefined);
    const others = read.notes.filter(({ kind }) => kind !== 'skipped').map(({ kind }) => kind);
    const { nodes, contacts } = read.document;
    expect([read.format, nodes.length, contacts.length, skipped.length, others.join(' ')]).toEqual(known);
  });

  it('is refused at its first bad contact, with line and field', () => {
    const first = read.notes.find(({ kind, line }) => kind === 'skipped' && line !== undefined);
    if (first === undefined) {
      expect(readPlan(text, name)).toEqual(read);
      return;
    }
    let thrown: unknown;
    try {
      readPlan(text, name);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InputFileError);
    const { position, problem } = thrown as InputFileError;
    expect(position).toMatchObject({ file: name, line: first.line, field: first.field });
    expect(problem).toBe(first.message);
    expect(text.split('\n')[(position.line as number) - 1]).toContain('endTime');
  });

  it.each(PLAN_FORMATS.map(({ format }) => format))(
    'comes back through %s equal, or with every loss told',
    (format) => {
      const { text: written, losses } = writePlan(read.document, format, { allowLoss: true });
      const back = readPlan(written, 'written');
      expect(back.format).toBe(format);
      const isOrdered = format !== 'tvg' || read.format === 'tvg';
      const isEqual = losses.every(({ kind }) => kind === 'dialect');
      if (format === read.format || format === 'leodtn') expect(isEqual).toBe(true);
      if (isEqual) expect(contents(back.document, isOrdered)).toEqual(contents(read.document, isOrdered));
      if (losses.some(({ severity }) => severity === 'refused')) {
        expect(() => writePlan(read.document, format)).toThrow(expect.objectContaining({ code: 'plan-loss' }));
        return;
      }
      const windows = [back, read].map(({ document }) =>
        document.contacts.map((c) => [c.startUs, c.endUs, c.rateBytesPerSecond, c.owltUs].join(' ')).sort(),
      );
      expect(windows[0]).toEqual(windows[1]);
    },
  );
});

describe('the Mars plan of ION', () => {
  it('keeps the contacts that lie outside its ranges, though nobody can use them', () => {
    const text = textOf(join(CGR, 'ion-cgr-test.ionrc.gz'));
    const { document, notes } = readPlan(text, 'mars');
    expect([document.contacts.length, document.rangeless?.length]).toEqual([146, 532]);
    expect(notes.filter(({ kind }) => kind === 'unusable').length).toBe(532);
    expect(text.match(/^a contact/gm)?.length).toBe(678);
    for (const format of ['ion', 'leodtn'] as const) {
      const back = readPlan(writePlan(document, format).text, 'written').document;
      expect(contents(back)).toEqual(contents(document));
    }
    const loss = expect.objectContaining({ kind: 'rangeless', count: 532, severity: 'listed' });
    expect(writePlan(document, 'hdtn').losses).toContainEqual(loss);
  });
});

describe('the plan of the A-SABR bench', () => {
  it('numbers nodes by their names, sorted as texts, from 1', () => {
    const { document } = readPlan(textOf(join(CGR, 'asabr-sample1-tvgutil.json.gz')), 'sample1');
    expect(document.nodes.slice(0, 4)).toEqual([
      { number: 1, name: '0' },
      { number: 2, name: '1' },
      { number: 3, name: '10' },
      { number: 4, name: '100' },
    ]);
    expect(document.contacts[0]?.rateBytesPerSecond).toBe(1_000_000);
  });
});
