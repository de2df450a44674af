/** `leodtn plan`: what is read, drawn, converted, checked, merged and shifted. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { testFile, testFolder } from './bundle-support.js';
import { DIAMOND, jsonOf, MOON, plan } from './plan-support.js';

const moonText = readFileSync(MOON, 'utf8');

/** Lines of one kind in an ION text. */
const contactsOf = (text: string) => text.split('\n').filter((line) => line.startsWith('a contact'));

describe('leodtn plan', () => {
  it('reads a file, standard input, and either of them gzipped', async () => {
    const plain = await plan(['convert', MOON, '--to', 'leodtn']);
    expect([plain.status, plain.err]).toEqual([0, '']);
    expect(plain.out).toContain('"rover"');
    for (const input of [moonText, gzipSync(moonText)]) {
      expect((await plan(['convert', '--to', 'leodtn'], input)).out).toBe(plain.out);
      expect((await plan(['convert', '-', '--to', 'leodtn'], input)).out).toBe(plain.out);
    }
    const file = testFile('moon.gz', gzipSync(moonText));
    expect((await plan(['convert', file, '--to', 'leodtn'])).out).toBe(plain.out);
  });

  it.each([
    ['what is no plan', 'hello', /no contacts of a known format/],
    ['a gzip file that is cut off', gzipSync(moonText).subarray(0, 60), /cannot be unpacked/],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00), /no UTF-8/],
    ['an end before the start', 'a contact +60 +0 1 2 1000\n', /^leodtn: standard input:1.*end/],
  ])('refuses %s', async (_, input, message) => {
    const ran = await plan(['check', '-'], input);
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(message);
    expect(ran.err.trim().split('\n')).toHaveLength(1);
  });

  it('refuses a file that is not there', async () => {
    const ran = await plan(['check', 'nowhere.ionrc']);
    expect([ran.status, ran.err]).toEqual([2, 'leodtn: nowhere.ionrc: no such file; expected a contact plan\n']);
  });

  it('leaves out bad lines where it is told to, names the first ten and counts all', async () => {
    const bad = Array.from({ length: 14 }, (_, i) => `a contact +${60 + i} +0 1 2 1000`).join('\n');
    const ran = await plan(
      ['check', '--skip-bad', '--json'],
      `a range +0 +9 1 2 1\na contact +0 +9 1 2 1000\n${bad}\n`,
    );
    expect(ran.status).toBe(1);
    expect(jsonOf(ran)).toMatchObject({ contacts: 1, format: 'ion', start: 0, end: 9, epoch: null });
    expect(jsonOf(ran)['notes']).toHaveLength(15);
    expect(ran.err.match(/^leodtn: standard input:\d+: /gm)).toHaveLength(10);
    expect(ran.err).toContain('4 more like these');
    expect(ran.err).toContain('skipped: 14 bad lines or contacts were left out');
  });
});

describe('leodtn plan show', () => {
  it('draws a row a pair, or a row a node', async () => {
    const pairs = await plan(['show', '-', '--width', '50'], DIAMOND);
    expect([pairs.status, pairs.err]).toEqual([0, '']);
    expect(pairs.out).toBe(`standard input: ion, 4 nodes, 5 contacts; 0 to 600 s

                                          contacts
1 -> 2 |#####-..........................|        1
1 -> 3 |##########-.....................|        1
2 -> 4 |################..........-#####|        2
3 -> 4 |-###############................|        1
        +               +               +
        0               300             600 s

a column is 18.75 s: # open all the time, - some of it, . not at all
`);
    const nodes = await plan(['show', '-', '--width', '50', '--rows', 'nodes', '--node', '2,3'], DIAMOND);
    expect(nodes.out.match(/^(\d) +\|/gm)).toEqual(['2    |', '3    |']);
  });

  it('draws one row of a pair where both directions are alike', async () => {
    const ran = await plan(['show', MOON, '--width', '70']);
    expect(ran.out.match(/^\w+ <?->/gm)).toEqual(['earth <->', 'earth <->', 'relay <->', 'relay <->', 'lander <->']);
    expect(ran.out).toContain('time 0 is 2026-06-15T00:00:00Z');
  });

  it('draws a part of the time, and says which rows found no room', async () => {
    const ran = await plan(['show', '-', '--from', '500', '--until', '600', '--width', '60'], DIAMOND);
    expect(ran.out).toContain(`2 -> 4 |${'#'.repeat(42)}|        1`);
    expect(ran.out).not.toContain('1 -> 2');
    const few = await plan(['show', '-', '--max-rows', '1'], DIAMOND);
    expect(few.out).toMatch(/^3 of 4 pairs are left out; --node/m);
    expect((await plan(['show', '-', '--max-rows', 'all'], DIAMOND)).out).not.toContain('left out');
    const date = await plan(['show', MOON, '--from', '2026-06-15T00:15:00Z']);
    expect(date.out).toContain('; 900 to 2400 s;');
    expect((await plan(['show', '-', '--from', '700'], DIAMOND)).out).toContain('No contact at that time.');
  });

  it('shows contacts of an instant, and plans without any', async () => {
    const instant =
      '{"leodtnContactPlan": 1, "contacts": [{"from": 1, "to": 2, "startSeconds": 5, "endSeconds": 5, "rateBytesPerSecond": 1, "oneWayLightTimeSeconds": 0}]}';
    const ran = await plan(['show', '-', '--from', '0', '--until', '10', '--width', '40'], instant);
    expect(ran.out).toMatch(/^1 -> 2 \|\.{11}-\.{10}\|/m);
    const empty = await plan(['show'], '{"leodtnContactPlan": 1, "contacts": []}');
    expect([empty.status, empty.out]).toEqual([
      0,
      'standard input: leodtn, 0 nodes, 0 contacts\n\nThe plan has no contact.\n',
    ]);
  });

  it('draws a picture that is well formed, with a bar and a title for each contact', async () => {
    const folder = testFolder();
    const file = join(folder, 'plan.svg');
    const named = moonText.replaceAll('rover', 'a<b>&\\u0001\\"c');
    const ran = await plan(['show', '--svg', file], named);
    expect([ran.status, ran.err]).toEqual([0, '']);
    const svg = readFileSync(file, 'utf8');
    expect(wellFormed(svg)).toBe(true);
    expect(svg.match(/<rect [^>]*><title>/g)).toHaveLength(10);
    expect(svg).toContain('earth -&gt; relay: 0 to 600 s, 250 kB/s, light time 1.28 s');
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).toContain('no rate limit');
  });

  it.each([
    ['short names', 'a', 110],
    ['names in capitals', 'GROUNDSTATION', 340],
  ])('leaves room for %s and the unit of time left of the picture', async (_, name, least) => {
    const file = join(testFolder(), 'plan.svg');
    const text = moonText.replaceAll('earth', name).replaceAll('lander', `${name}2`).replaceAll('rover', `${name}3`);
    expect((await plan(['show', '--svg', file], text.replaceAll('relay', `${name}4`))).status).toBe(0);
    const [, left] = /<line class="axis" x1="([\d.]+)"/.exec(readFileSync(file, 'utf8'))!;
    expect(Number(left)).toBeGreaterThanOrEqual(least);
  });

  it.each([
    [['--node', 'rovre'], /--node rovre: no such node in the plan; did you mean rover\?/],
    [['--from', '10', '--until', '10'], /--until 10: not after --from 10/],
    [['--from', 'noon'], /--from noon: no time; expected seconds/],
    [['--svg', MOON], /--svg .*: names a file that the command reads/],
    [['--max-rows', '0'], /Expected a whole number of at least 1, or all/],
  ])('refuses %j', async (args, message) => {
    const ran = await plan(['show', MOON, ...args]);
    expect(ran.status).toBe(2);
    expect(ran.err).toMatch(message);
  });
});

/** Whether every element is closed in its order and no text has a bare `<`, `>` in a tag or an `&` that begins no entity. */
function wellFormed(text: string): boolean {
  const open: string[] = [];
  const rest = text.replace(/<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*)(\/?)>/gi, (_, end, name, __, empty) => {
    if (end === '/') return open.pop() === name ? '' : '<';
    if (empty !== '/') open.push(name);
    return '';
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML knows no such characters
  return open.length === 0 && !/[<\u0000-\u0008]|&(?!(?:lt|gt|amp|quot);)/.test(rest);
}

describe('leodtn plan convert', () => {
  it('refuses what changes how much can be sent, and lists the rest', async () => {
    const ran = await plan(['convert', MOON, '--to', 'ion']);
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(/^leodtn: refused: 2: .*no limit on their rate/m);
    expect(ran.err).toMatch(/^leodtn: lost: 4: nodes have a name/m);
    expect(ran.err).toContain('nothing is written; --allow-loss writes what is nearest');
    const allowed = await plan(['convert', MOON, '--to', 'ion', '--allow-loss']);
    expect(allowed.status).toBe(0);
    expect(contactsOf(allowed.out)).toHaveLength(10);
    expect(allowed.err).toMatch(/^leodtn: lost: 2: .*written: 125000000000 bytes\/s$/m);
  });

  it('tells losses and notes in JSON, with the plan where no file is named', async () => {
    const ran = await plan(['convert', MOON, '--to', 'ion', '--allow-loss', '--json']);
    const object = jsonOf(ran) as { losses: { kind: string; severity: string }[]; text: string };
    expect(object).toMatchObject({ format: 'ion', nodes: 4, contacts: 10, written: '-', notes: [] });
    expect(object.losses.map(({ kind, severity }) => [kind, severity])).toContainEqual(['unlimited-rate', 'refused']);
    expect(contactsOf(object.text)).toHaveLength(10);
    const refused = jsonOf(await plan(['convert', MOON, '--to', 'ion', '--json']));
    expect(refused).toMatchObject({ written: null });
    expect(refused).not.toHaveProperty('text');
  });

  it('writes a file, but none that it reads', async () => {
    const file = testFile('in.ionrc', DIAMOND);
    const out = join(testFolder(), 'out.json');
    const ran = await plan(['convert', file, '--to', 'hdtn', '-o', out]);
    expect([ran.status, ran.out]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(out, 'utf8')).contacts).toHaveLength(5);
    const over = await plan(['convert', file, '--to', 'hdtn', '--out', file]);
    expect(over.status).toBe(2);
    expect(over.err).toContain('names a file that the command reads');
    expect(readFileSync(file, 'utf8')).toBe(DIAMOND);
    const failed = join(testFolder(), 'none.ionrc');
    await plan(['convert', MOON, '--to', 'ion', '--out', failed]);
    expect(existsSync(failed)).toBe(false);
  });

  it('takes rates in the unit that it is told of', async () => {
    const bits = await plan(['convert', '--to', 'ion', '--rate-unit', 'bits'], DIAMOND);
    expect(bits.out).toMatch(/a contact \+0 \+100 1 2 125$/m);
  });
});

describe('leodtn plan check', () => {
  it('says in figures what is in a plan', async () => {
    const ran = await plan(['check', MOON]);
    expect([ran.status, ran.err]).toEqual([0, '']);
    expect(ran.out).toContain('leodtn, 4 nodes, 10 contacts of 10 directed pairs');
    expect(ran.out).toMatch(/info +pairs have other rates in the other direction \(3\): earth and relay/);
  });

  it('ends with 1 where something looks like a mistake', async () => {
    const ran = await plan(['check', '--json'], DIAMOND);
    expect(ran.status).toBe(1);
    const { findings } = jsonOf(ran) as { findings: { kind: string; severity: string; count: number }[] };
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'one-way', severity: 'warning', count: 4 }));
  });
});

describe('leodtn plan merge', () => {
  const named = (number: number, name: string, epoch: string) =>
    testFile(
      'named.json',
      JSON.stringify({
        leodtnContactPlan: 1,
        epoch,
        nodes: [{ number, name }, { number: 9 }],
        contacts: [
          { from: 9, to: name, startSeconds: 0, endSeconds: 1, rateBytesPerSecond: 8, oneWayLightTimeSeconds: 0 },
        ],
      }),
    );

  it('puts plans on the earliest date, and tells of nodes with another number', async () => {
    const files = [MOON, named(4, 'orbiter', '2026-06-15T01:00:00Z'), named(7, 'rover', '2026-06-15T00:00:00Z')];
    const ran = await plan(['merge', ...files, '--json']);
    expect(ran.status).toBe(0);
    const merged = JSON.parse((jsonOf(ran) as { text: string }).text);
    expect(merged.epoch).toBe('2026-06-15T00:00:00Z');
    expect(merged.contacts).toHaveLength(12);
    expect(merged.contacts[10]).toMatchObject({ from: 9, startSeconds: 3600, endSeconds: 3601 });
    expect(merged.contacts[11]).toMatchObject({ from: 9, to: 4, startSeconds: 0 });
    expect(ran.err).toContain('orbiter gets the number 5: its number 4 is that of rover');
    expect(ran.err).toMatch(/rover gets the number 4: it had the number 7/);
  });

  it('refuses plans with a date and without one, unless it is given', async () => {
    const file = testFile('diamond.ionrc', DIAMOND);
    const ran = await plan(['merge', MOON, file, '--to', 'leodtn']);
    expect(ran.status).toBe(2);
    expect(ran.err).toMatch(/diamond\.ionrc does not say which date its time 0 is, .* add --epoch/);
    const dated = await plan(['merge', MOON, file, '--epoch', '2026-06-15T00:00:10Z']);
    expect(dated.status).toBe(0);
    expect(JSON.parse(dated.out).contacts[10]).toMatchObject({ from: 1, to: 2, startSeconds: 10, endSeconds: 110 });
  });
});

describe('leodtn plan shift', () => {
  it('moves contacts on the axis', async () => {
    const ran = await plan(['shift', '--by', '0.5'], DIAMOND);
    expect(ran.status).toBe(0);
    expect(ran.out).toMatch(/a contact \+0\.5 \+100\.5 1 2 1000/);
    const back = await plan(['shift', '--by', '-0.5'], ran.out);
    expect(contactsOf(back.out).sort()).toEqual(contactsOf(DIAMOND).sort());
  });

  it('gives a plan another date', async () => {
    const ran = await plan(['shift', MOON, '--to', '2026-07-01T12:00:00Z']);
    expect(JSON.parse(ran.out)).toMatchObject({ epoch: '2026-07-01T12:00:00Z', contacts: { length: 10 } });
  });

  it.each([
    [['--by', '-1'], /a contact begins at 0 s, and none can before 0/],
    [[], /expected one of --by SECONDS and --to DATE/],
    [['--by', '1', '--to', '2026-07-01T12:00:00Z'], /expected one of/],
    [['--by', '0.0000001'], /to the microsecond/],
    [['--to', '2026-07-01T12:00:00'], /no such date, or no zone/],
    [['--to', '2026-07-01T12:00:00Z', '--write-as', 'hdtn'], /hdtn plans have no date to change; use --by/],
  ])('refuses %j', async (args, message) => {
    const ran = await plan(['shift', ...args], DIAMOND);
    expect([ran.status, ran.out]).toEqual([2, '']);
    expect(ran.err).toMatch(message);
  });
});
