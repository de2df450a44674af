/** How a constellation file describes its links: how fast at which distance, how far, and how finely contacts are cut. */
import { z } from 'zod';
import { type FieldPath, FieldProblem } from '../documents/problem.js';
import { type LinkRate, rateOfBudget } from '../orbit/index.js';

const bytesPerSecond = (description: string) => z.number().gt(0).max(1e12).describe(description);
const distanceKm = (description: string) => z.number().gt(0).max(1e6).describe(description);
const decibels = (description: string) => z.number().min(-400).max(400).describe(description);

const budgetForm = z
  .strictObject({
    eirpDbw: decibels('Equivalent isotropically radiated power of the sender, dBW.'),
    gOverTDbPerK: decibels('Figure of merit of the receiver, dB/K.'),
    frequencyGHz: z.number().gt(0).max(1e6).describe('Carrier frequency.'),
    requiredEbN0Db: decibels('Energy per bit over noise density that the modem needs, dB.'),
    otherLossesDb: z.number().min(0).max(400).default(0).describe('All that is lost beside free space, dB.'),
    marginDb: z.number().min(0).max(400).default(3).describe('What is kept in reserve, dB.'),
    maxBytesPerSecond: bytesPerSecond('What the modem can do however near the other end is.').optional(),
  })
  .describe(
    'A link budget: C/N0 = EIRP + G/T - 20 log10(4 pi d f / c) - other losses + 228.6; rate = 10^((C/N0 - Eb/N0 - margin)/10) bit/s.',
  );

const stepForm = z.strictObject({
  upToKm: distanceKm('The rate holds up to this distance.'),
  rateBytesPerSecond: bytesPerSecond('The rate there.'),
});

/** The fields of a kind of links, the defaults of which depend on the kind. */
export const linkForm = (rateBytesPerSecond: number) =>
  z.strictObject({
    rateBytesPerSecond: bytesPerSecond(
      `One rate at every distance; ${rateBytesPerSecond} where nothing else is given.`,
    ).optional(),
    inverseSquare: z
      .strictObject({
        rateAtReferenceBytesPerSecond: bytesPerSecond('The rate at the reference distance.'),
        referenceKm: distanceKm('The reference distance.'),
        maxBytesPerSecond: bytesPerSecond('The rate never exceeds this.').optional(),
      })
      .describe('rate = rateAtReference x (reference / distance)^2, in place of one rate.')
      .optional(),
    steps: z
      .array(stepForm)
      .min(1)
      .max(100)
      .describe('Rates by distance, nearest first, in place of one rate; beyond the last there is no link.')
      .optional(),
    budget: budgetForm.optional(),
    maxRangeKm: distanceKm('No link is longer.').optional(),
    cutLightTimeMs: z
      .number()
      .min(0.01)
      .max(1e6)
      .optional()
      .describe(
        'Contacts are cut so that the light time changes by at most this within one; by default they are not, and have the longest.',
      ),
    cutRateFactor: z
      .number()
      .gt(1)
      .max(1e6)
      .optional()
      .describe(
        'Contacts are cut so that the rate changes by at most this factor within one; by default they are not, and have the lowest.',
      ),
  });

/** A kind of links after zod. */
export type LinkForm = z.output<ReturnType<typeof linkForm>>;

/** A kind of links, ready for use. */
export interface LinkKind {
  readonly rate: LinkRate;
  /** Infinity for any distance. */
  readonly greatestRangeKm: number;
  readonly owltToleranceUs: number | undefined;
  readonly rateFactor: number | undefined;
}

const RATE_FIELDS = ['rateBytesPerSecond', 'inverseSquare', 'steps', 'budget'] as const;

/** Throws a {@link FieldProblem} where a file gives two rates, or steps out of order. */
export function resolveLinks(form: LinkForm, path: FieldPath, defaultBytesPerSecond: number): LinkKind {
  const given = RATE_FIELDS.filter((field) => form[field] !== undefined);
  const second = given[1];
  if (second !== undefined) {
    throw new FieldProblem([...path, second], `found beside ${given[0]}; expected one of ${RATE_FIELDS.join(', ')}`);
  }
  return {
    rate: rateOf(form, path, defaultBytesPerSecond),
    greatestRangeKm: form.maxRangeKm ?? Infinity,
    owltToleranceUs: form.cutLightTimeMs === undefined ? undefined : Math.round(form.cutLightTimeMs * 1000),
    rateFactor: form.cutRateFactor,
  };
}

function rateOf(
  { rateBytesPerSecond, inverseSquare, steps, budget }: LinkForm,
  path: FieldPath,
  fallback: number,
): LinkRate {
  if (budget !== undefined) {
    const { maxBytesPerSecond = Infinity, ...terms } = budget;
    return rateOfBudget({ ...terms, greatestBytesPerSecond: maxBytesPerSecond });
  }
  if (inverseSquare !== undefined) {
    const { maxBytesPerSecond = Infinity, ...terms } = inverseSquare;
    return { kind: 'inverse-square', ...terms, greatestBytesPerSecond: maxBytesPerSecond };
  }
  if (steps === undefined) return { kind: 'fixed', rateBytesPerSecond: rateBytesPerSecond ?? fallback };
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1];
    if (before === undefined) continue;
    for (const [field, isRight, than] of [
      ['upToKm', step.upToKm > before.upToKm, 'more'],
      ['rateBytesPerSecond', step.rateBytesPerSecond < before.rateBytesPerSecond, 'less'],
    ] as const) {
      if (isRight) continue;
      throw new FieldProblem(
        [...path, 'steps', i, field],
        `found ${step[field]}; expected ${than} than the ${before[field]} of the step before`,
      );
    }
  }
  return { kind: 'steps', steps };
}
