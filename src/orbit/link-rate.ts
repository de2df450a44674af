/**
 * How fast a link is at a distance: one rate, steps, or a link budget. A rate never grows with the distance, so that of a
 * contact is that of its longest distance.
 */
import { UsageError } from '../base/errors.js';
import { LIGHT_KM_PER_S } from './constants.js';

/** Boltzmann's constant, J/K (exact in the SI of 2019); 10 log10 of it is -228.599 dB(W/K/Hz). */
export const BOLTZMANN_J_PER_K = 1.380649e-23;

/** The rate of a link by its length. */
export type LinkRate =
  | {
      readonly kind: 'fixed';
      readonly rateBytesPerSecond: number;
    }
  | {
      /** rate = rateAtReference x (reference / distance)^2, at most the greatest. */
      readonly kind: 'inverse-square';
      readonly rateAtReferenceBytesPerSecond: number;
      readonly referenceKm: number;
      readonly greatestBytesPerSecond: number;
    }
  | {
      /** Ascending in distance, descending in rate; beyond the last there is no link. */
      readonly kind: 'steps';
      readonly steps: readonly { readonly upToKm: number; readonly rateBytesPerSecond: number }[];
    };

/** A link budget in the terms of a data sheet. */
export interface LinkBudget {
  /** Equivalent isotropically radiated power of the sender, dBW. */
  readonly eirpDbw: number;
  /** Figure of merit of the receiver, dB/K. */
  readonly gOverTDbPerK: number;
  readonly frequencyGHz: number;
  /** Energy per bit over noise density that the modem needs, dB. */
  readonly requiredEbN0Db: number;
  /** All that is lost beside free space (pointing, polarisation, atmosphere, implementation), dB. */
  readonly otherLossesDb: number;
  /** What is kept in reserve, dB. */
  readonly marginDb: number;
  /** What the modem can do however near the other end is; Infinity for no limit. */
  readonly greatestBytesPerSecond: number;
}

/** Free-space loss between isotropic antennas, dB: 20 log10(4 pi d f / c) (Recommendation ITU-R P.525, basic transmission loss). */
export function freeSpaceLossDb(distanceKm: number, frequencyGHz: number): number {
  return 20 * Math.log10((4 * Math.PI * distanceKm * frequencyGHz * 1e9) / LIGHT_KM_PER_S);
}

/**
 * The rate that a budget closes with at `distanceKm`, bytes/s: C/N0 = EIRP + G/T - free-space loss - other losses - 10 log10 k, and
 * the bit rate is 10^((C/N0 - Eb/N0 - margin)/10); at most the greatest.
 */
export function budgetBytesPerSecond(budget: LinkBudget, distanceKm: number): number {
  const { eirpDbw, gOverTDbPerK, frequencyGHz, requiredEbN0Db, otherLossesDb, marginDb } = budget;
  const boltzmannDb = 10 * Math.log10(BOLTZMANN_J_PER_K);
  const carrierDbHz = eirpDbw + gOverTDbPerK - freeSpaceLossDb(distanceKm, frequencyGHz) - otherLossesDb - boltzmannDb;
  return Math.min(budget.greatestBytesPerSecond, 10 ** ((carrierDbHz - requiredEbN0Db - marginDb) / 10) / 8);
}

/** A budget as a rate by distance: free space is inverse square. */
export function rateOfBudget(budget: LinkBudget): LinkRate {
  return {
    kind: 'inverse-square',
    rateAtReferenceBytesPerSecond: budgetBytesPerSecond({ ...budget, greatestBytesPerSecond: Infinity }, 1),
    referenceKm: 1,
    greatestBytesPerSecond: budget.greatestBytesPerSecond,
  };
}

/** Bytes per second at a distance, whole where they are computed; 0 where there is no link. */
export function rateAt(rate: LinkRate, distanceKm: number): number {
  switch (rate.kind) {
    case 'fixed':
      return rate.rateBytesPerSecond;
    case 'inverse-square': {
      const { rateAtReferenceBytesPerSecond, referenceKm, greatestBytesPerSecond } = rate;
      const free = rateAtReferenceBytesPerSecond * (referenceKm / distanceKm) ** 2;
      return free >= greatestBytesPerSecond ? greatestBytesPerSecond : Math.floor(free);
    }
    case 'steps':
      return rate.steps.find(({ upToKm }) => distanceKm <= upToKm)?.rateBytesPerSecond ?? 0;
  }
}

/** Beyond this a link carries nothing, km; Infinity where its rate sets no end. */
export function rateRangeKm(rate: LinkRate): number {
  switch (rate.kind) {
    case 'fixed':
      return Infinity;
    case 'inverse-square':
      // Less than a byte a second is no link.
      return rate.referenceKm * Math.sqrt(rate.rateAtReferenceBytesPerSecond);
    case 'steps':
      return rate.steps.at(-1)?.upToKm ?? 0;
  }
}

/** Throws a UsageError `bad-rate` that names the value out of range. */
export function checkRate(rate: LinkRate): void {
  const refuse = (problem: string) => {
    throw new UsageError('bad-rate', problem);
  };
  const check = (name: string, value: number, mayBeInfinite = false) => {
    if (!(value > 0) || (value === Infinity && !mayBeInfinite)) refuse(`${name} is ${value}, expected more than 0`);
  };
  if (rate.kind === 'fixed') check('rateBytesPerSecond', rate.rateBytesPerSecond, true);
  if (rate.kind === 'inverse-square') {
    check('rateAtReferenceBytesPerSecond', rate.rateAtReferenceBytesPerSecond);
    check('referenceKm', rate.referenceKm);
    check('greatestBytesPerSecond', rate.greatestBytesPerSecond, true);
  }
  if (rate.kind === 'steps') {
    if (rate.steps.length === 0) refuse('steps is empty, expected at least one');
    for (const [i, { upToKm, rateBytesPerSecond }] of rate.steps.entries()) {
      check(`steps.${i}.upToKm`, upToKm, true);
      check(`steps.${i}.rateBytesPerSecond`, rateBytesPerSecond);
      const before = rate.steps[i - 1];
      if (before === undefined) continue;
      if (upToKm <= before.upToKm) refuse(`steps.${i}.upToKm is ${upToKm}, expected more than ${before.upToKm}`);
      if (rateBytesPerSecond >= before.rateBytesPerSecond) {
        refuse(
          `steps.${i}.rateBytesPerSecond is ${rateBytesPerSecond}, expected less than ${before.rateBytesPerSecond}`,
        );
      }
    }
  }
}
