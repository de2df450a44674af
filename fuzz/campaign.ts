/**
 * The run of one target: draws inputs, keeps those that reach something new, and gathers findings. It runs in the thread that calls it;
 * what hangs or takes all memory is for the caller to see (supervisor.ts).
 */
import { Random } from '../src/base/random.js';
import type { Coverage } from './coverage.js';
import { pick } from './draw.js';
import { minimise } from './minimise.js';
import { mutate } from './mutate.js';
import { Tally, type Target } from './target.js';

/** Inputs between two looks at the coverage: few while much is new, more with each look that finds nothing. */
const SLICE_CASES = { least: 4, most: 4_096 };

/** Inputs that coverage guides; after that, what it costs is more than what it finds. */
const GUIDED_CASES = 30_000;

/** Drawn inputs at hand to be changed; one is drawn anew for so many changes, since drawing costs more than changing. */
const DRAWN_INPUTS = 256;
const CHANGES_PER_DRAW = 4;

/** Inputs kept because they reach something; far more than there are places to reach. */
const MAX_CORPUS = 8_192;

/** Findings of one target; then the run ends, since one fault under many messages tells no more. */
const MAX_FINDINGS = 20;

/** A case that takes longer three times over is a finding. The longest inputs take about 2 ms. */
const SLOW_CASE_MS = 250;

/** Memory is looked at once in so many cases. */
const MEMORY_EVERY_CASES = 16;

/** What a case may leave on the heap, collected or not: a base for code and caches, and a multiple of the input. */
const MEMORY_BASE_BYTES = 1_048_576;
const MEMORY_FACTOR = 64;

/** A fault in the project, or in the fuzzer. */
export interface Finding {
  readonly target: string;
  readonly seed: number;
  /** What happened, as the name of an error and its message. */
  readonly message: string;
  /** The input, as short as it was made. */
  readonly hex: string;
}

/** How to run a target. */
export interface CampaignOptions {
  readonly target: Target;
  readonly seed: number;
  /** Ends after so many inputs, */
  readonly cases: number;
  /** or when this says so; it is asked once in a while. */
  readonly isOver?: () => boolean;
  /** Inputs to begin with. */
  readonly corpus: readonly Uint8Array[];
  /** Guides the first part of the run. */
  readonly coverage?: Coverage | undefined;
  /** Called with every input before it is run. */
  readonly before?: (input: Uint8Array) => void;
}

/** What came of it. */
export interface CampaignResult {
  readonly target: string;
  readonly cases: number;
  readonly corpus: number;
  /** Blocks of code reached while coverage was on; 0 without. */
  readonly blocks: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Runs a target. The same options give the same run, as long as nothing ends it early. */
export function runCampaign(options: CampaignOptions): CampaignResult {
  const { target, seed, coverage } = options;
  const random = new Random(seed, target.name);
  const tally = new Tally();
  const findings = new Findings(target, seed, options.before);
  let guide: Guide | undefined = coverage && new Guide(coverage, target);
  const corpus: Uint8Array[] = [];
  let cases = 0;
  const tryInput = (input: Uint8Array): void => {
    cases++;
    findings.run(input, tally, cases % MEMORY_EVERY_CASES === 0);
    if (tally.takeNew()) keep(corpus, input, random);
    guide?.add(input, (reaching) => keep(corpus, reaching, random));
    if (cases === GUIDED_CASES) {
      guide?.stop();
      guide = undefined;
    }
  };
  for (const input of options.corpus) if (cases < options.cases) tryInput(input);
  // Whatever they reach, valid examples are worth starting from.
  corpus.push(...options.corpus);
  const drawn = Array.from({ length: DRAWN_INPUTS }, () => target.draw(random));
  while (cases < options.cases && findings.list.length < MAX_FINDINGS) {
    if (cases % 512 === 0 && options.isOver?.()) break;
    if (cases % CHANGES_PER_DRAW === 0) {
      const fresh = target.draw(random);
      drawn[random.below(DRAWN_INPUTS)] = fresh;
      if (random.chance(0.25)) tryInput(fresh);
    }
    const from = random.chance(0.3) || corpus.length === 0 ? drawn : corpus;
    tryInput(
      mutate(random, pick(random, from), pick(random, random.chance(0.5) || corpus.length === 0 ? drawn : corpus)),
    );
  }
  guide?.stop();
  return {
    target: target.name,
    cases,
    corpus: corpus.length,
    blocks: coverage?.blocks ?? 0,
    counts: Object.fromEntries([...tally.counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    findings: findings.list,
  };
}

function keep(corpus: Uint8Array[], input: Uint8Array, random: Random): void {
  if (corpus.length < MAX_CORPUS) corpus.push(input);
  else corpus[random.below(corpus.length)] = input;
}

/** Finds which inputs of a slice reach new code, by running halves of it again. */
class Guide {
  #slice: Uint8Array[] = [];
  #sliceCases = SLICE_CASES.least;
  readonly #quiet = new Tally();

  constructor(
    private readonly coverage: Coverage,
    private readonly target: Target,
  ) {}

  add(input: Uint8Array, keepIt: (input: Uint8Array) => void): void {
    this.#slice.push(input);
    if (this.#slice.length < this.#sliceCases) return;
    const reached = this.coverage.takeNew();
    const isNew = reached.length > 0;
    if (isNew) this.#search(this.#slice, keepIt);
    // Also what no search finds again: V8 redraws blocks when it compiles a function anew.
    this.coverage.mark(reached);
    this.#sliceCases = isNew
      ? Math.max(SLICE_CASES.least, this.#sliceCases >> 2)
      : Math.min(SLICE_CASES.most, this.#sliceCases * 2);
    this.#slice = [];
  }

  stop(): void {
    this.coverage.stop();
  }

  #search(inputs: readonly Uint8Array[], keepIt: (input: Uint8Array) => void): void {
    for (const input of inputs) runQuietly(this.target, input, this.#quiet);
    const reached = this.coverage.takeNew();
    if (reached.length === 0) return;
    if (inputs.length === 1) {
      this.coverage.mark(reached);
      keepIt(inputs[0]);
    } else {
      this.#search(inputs.slice(0, inputs.length >> 1), keepIt);
      this.#search(inputs.slice(inputs.length >> 1), keepIt);
    }
  }
}

/** Runs inputs, and makes findings of what goes wrong. */
class Findings {
  readonly list: Finding[] = [];
  readonly #known = new Set<string>();
  readonly #quiet = new Tally();

  constructor(
    private readonly target: Target,
    private readonly seed: number,
    private readonly before: ((input: Uint8Array) => void) | undefined,
  ) {}

  run(input: Uint8Array, tally: Tally, watchMemory: boolean): void {
    this.before?.(input);
    const heapBefore = watchMemory ? heapBytes() : 0;
    const startMs = performance.now();
    const fault = faultOf(this.target, input, tally);
    const tookMs = performance.now() - startMs;
    if (fault !== undefined) this.#report(input, fault, (candidate) => this.#again(candidate));
    else if (tookMs > SLOW_CASE_MS && this.#isSlow(input)) {
      this.#report(input, SLOW, (candidate) => (this.#isSlow(candidate) ? SLOW : undefined));
    } else if (watchMemory && heapBytes() - heapBefore > memoryLimit(this.target, input)) {
      const measure = (candidate: Uint8Array) => (this.#isLarge(candidate) ? LARGE : undefined);
      if (measure(input) !== undefined) this.#report(input, LARGE, measure);
    }
  }

  #report(input: Uint8Array, message: string, again: (candidate: Uint8Array) => string | undefined): void {
    const key = withoutNumbers(message);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const smallest = minimise(input, (candidate) => {
      const fault = again(candidate);
      return fault !== undefined && withoutNumbers(fault) === key;
    });
    const { name } = this.target;
    this.list.push({ target: name, seed: this.seed, message, hex: Buffer.from(smallest).toString('hex') });
  }

  #again(candidate: Uint8Array): string | undefined {
    this.before?.(candidate);
    return faultOf(this.target, candidate, this.#quiet);
  }

  #isSlow(input: Uint8Array): boolean {
    for (let i = 0; i < 3; i++) {
      const startMs = performance.now();
      this.#again(input);
      if (performance.now() - startMs <= SLOW_CASE_MS) return false;
    }
    return true;
  }

  #isLarge(input: Uint8Array): boolean {
    for (let i = 0; i < 3; i++) {
      const before = heapBytes();
      this.#again(input);
      if (heapBytes() - before <= memoryLimit(this.target, input)) return false;
    }
    return true;
  }
}

const SLOW = `BrokenPromise: a case takes more than ${SLOW_CASE_MS} ms`;
const LARGE = `BrokenPromise: a case takes more memory than ${MEMORY_BASE_BYTES} B and ${MEMORY_FACTOR} times its input, for each pass over it`;

/** What goes wrong with an input, as a name and a message; undefined where nothing does. */
export function faultOf(target: Target, input: Uint8Array, tally: Tally): string | undefined {
  try {
    target.run(input, tally);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : `thrown: ${String(thrown)}`;
  }
}

function runQuietly(target: Target, input: Uint8Array, tally: Tally): void {
  faultOf(target, input, tally);
}

function withoutNumbers(message: string): string {
  return message.replace(/\d+/g, '#');
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function memoryLimit({ passes = 1 }: Target, input: Uint8Array): number {
  return passes * (MEMORY_BASE_BYTES + MEMORY_FACTOR * input.length);
}
