/** Fields that the forms of a scenario file have in common, each with what it expects. */
import { z } from 'zod';

/** The longest time that a scenario may name, in seconds: about 31 years, far below where microseconds lose exactness. */
export const MAX_SCENARIO_SECONDS = 1_000_000_000;

/** A time in seconds of the run. */
export const seconds = (description: string) => z.number().min(0).max(MAX_SCENARIO_SECONDS).describe(description);
/** A time in seconds above 0. */
export const positiveSeconds = (description: string) =>
  z.number().gt(0).max(MAX_SCENARIO_SECONDS).describe(description);
/** A probability, 0 where it is not given. */
export const probability = (description: string) => z.number().min(0).max(1).default(0).describe(description);
/** A duration in milliseconds, up to an hour. */
export const milliseconds = (description: string) => z.number().min(0).max(3_600_000).describe(description);
/** A text that is not empty. */
export const text = (description: string) => z.string().min(1).describe(description);

/** A satellite as a file names it. */
export const satellite = (description: string) =>
  z
    .union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])])
    .meta({ title: 'a node number or [sat, orb], both from 1', description });
