/** Contact plan files of every format: whatever the text, a plan that can be flown or an error that points at a place. */
import { InputFileError } from '../src/base/errors.js';
import type { Random } from '../src/base/random.js';
import {
  checkPlan,
  PLAN_FORMATS,
  planLosses,
  type ReadPlan,
  readPlan,
  recognisePlan,
  writePlan,
} from '../src/plans/index.js';
import { ContactPlan, type PlanContact, type PlanDocument } from '../src/routing/index.js';
import { pick } from './draw.js';
import { expect, type Tally, type Target } from './target.js';

const FORMATS = PLAN_FORMATS.map(({ format }) => format);

/** Words that plans are made of, put where they do not belong. */
const WORDS = [
  ...['0', '-1', '1e9', '1e999', '0.1', '9007199254.740993', 'NaN', 'Infinity', 'null', '"1"', '""', '"unlimited"'],
  ...['[', ']', '{', '}', ',', ':', '\n', ' ', '"', '\\', '#', '@ +5\n', '@ 2026/06/15-00:00:00\n', 'm horizon +0\n'],
  ...[
    'a contact +0 +9 1 2 8 0.5\n',
    'a range +0 +9 1 2 1\n',
    'node 7 x\n',
    'contact 0 1 0 9 seg rate [0 9 8] delay [0 9 0]\n',
  ],
  ...[
    '"epoch": "2026-06-15T00:00:00Z",',
    '"nodes": [{"number": 1, "name": "a"}],',
    '"rate": 5,',
    '[1, 2, 0.5]',
    '"vertices"',
  ],
];

/** Reads what it is given, also skipping what is bad, and writes it again. */
export const planTarget: Target = {
  name: 'plan',
  passes: 12,
  draw(random) {
    let text = writePlan(drawDocument(random), pick(random, FORMATS), { allowLoss: true }).text;
    for (let changes = random.below(6); changes > 0; changes--) text = changed(random, text);
    return new TextEncoder().encode(text);
  },
  run(input, tally) {
    const text = new TextDecoder().decode(input);
    const strict = tried(tally, text, false);
    const lax = tried(tally, text, true);
    if (strict !== undefined) {
      expect(
        lax !== undefined && sameText(strict.document, lax.document),
        'skipping what is bad reads a good file differently',
      );
      expect(recognisePlan(text) === strict.format, 'a plan was read in another format than recognised');
    }
    if (lax !== undefined) checkDocument(lax, tally);
  },
};

function tried(tally: Tally, text: string, skipBad: boolean): ReadPlan | undefined {
  try {
    const read = readPlan(text, 'plan', { skipBad });
    tally.count(`${read.format} ${skipBad ? 'skipping' : 'whole'}`);
    for (const { kind, field, message } of read.notes) tally.see(featureOf(`${read.format} ${kind}`, field, message));
    return read;
  } catch (thrown) {
    if (!(thrown instanceof InputFileError)) throw thrown;
    const { line, field } = thrown.position;
    const lines = text.split('\n').length;
    expect(line === undefined || (line >= 1 && line <= lines), 'an error points at a line that there is not');
    expect(!/[\n\r]/.test(thrown.problem) || thrown.problem.length < 500, 'an error is long');
    tally.count('refused');
    tally.see(featureOf('refused', field, thrown.problem));
    return undefined;
  }
}

/** A plan can be flown, reads back equal from our own form, and every format either takes it or says why not. */
function checkDocument({ document }: ReadPlan, tally: Tally): void {
  new ContactPlan(document.contacts);
  const again = readPlan(writePlan(document, 'leodtn').text, 'again').document;
  expect(sameText(document, again), 'a plan does not come back equal from our own form');
  for (const format of FORMATS) {
    const losses = planLosses(document, format);
    for (const { kind } of losses) tally.see(`${format} loses ${kind}`);
    const { text } = writePlan(document, format, { allowLoss: true });
    const { notes } = readPlan(text, 'again', { format });
    expect(
      notes.every(({ kind }) => kind === 'assumed' || (kind === 'unusable' && document.rangeless !== undefined)),
      `what is written as ${format} is not read back whole`,
    );
  }
  for (const { kind } of checkPlan(document).findings) tally.see(`check ${kind}`);
}

function sameText(one: PlanDocument, other: PlanDocument): boolean {
  return writePlan(one, 'leodtn').text === writePlan(other, 'leodtn').text;
}

/** What was said, without what stands in the input. */
function featureOf(where: string, field: string | undefined, message: string): string {
  return `${where} ${(field ?? '').replace(/\d+/g, '')} ${message.replace(/"[^"]*"|\d+/g, '')}`.slice(0, 120);
}

function drawDocument(random: Random): PlanDocument {
  const contacts: PlanContact[] = [];
  for (let i = random.below(5); i >= 0; i--) {
    const from = random.below(4);
    const startUs = random.below(20) * 500_000;
    contacts.push({
      from,
      to: (from + 1 + random.below(3)) % 4,
      startUs,
      endUs: startUs + random.below(20) * 1_000_000,
      rateBytesPerSecond: pick(random, [1000, 0.5, 1e6, Infinity]),
      owltUs: random.below(3) * 1_000_000,
    });
  }
  const nodes = [0, 1, 2, 3].map((number) => ({ number, name: random.chance(0.5) ? `n${number}` : undefined }));
  return { nodes, contacts, epochUnixUs: random.chance(0.2) ? 1_781_481_600_000_000 : undefined };
}

/** The text with a word more, or some of it gone, or a number replaced. */
function changed(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  switch (random.below(3)) {
    case 0:
      return text.slice(0, at) + pick(random, WORDS) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random.below(8));
    default: {
      const numbers = [...text.matchAll(/\d+(?:\.\d+)?/g)];
      const found = numbers[random.below(Math.max(1, numbers.length))];
      if (found === undefined) return text;
      return text.slice(0, found.index) + pick(random, WORDS) + text.slice(found.index + found[0].length);
    }
  }
}
