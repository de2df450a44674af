/** The fields of a Walker shell in a user's file, the same wherever a file has one. */
import { z } from 'zod';
import { type FieldPath, FieldProblem } from '../documents/problem.js';

/** The most planes, and the most satellites in a plane. */
export const MAX_GRID_SIDE = 1_000;

/** The most satellites of a shell: all of them and their plan are in the memory of one process. */
export const MAX_SATELLITES = 20_000;

/** Pattern, counts and orbits of a shell. */
export const shellFields = {
  pattern: z
    .enum(['delta', 'star'])
    .default('delta')
    .describe('Walker pattern: planes spread over 360 or 180 degrees.'),
  planes: z.int().min(1).max(MAX_GRID_SIDE).describe('Number of orbital planes.'),
  satellitesPerPlane: z.int().min(1).max(MAX_GRID_SIDE).describe('Satellites in each plane.'),
  phasing: z
    .int()
    .min(0)
    .max(MAX_GRID_SIDE)
    .default(0)
    .describe('Walker phasing factor F: the shift between neighbouring planes is F x 360 / satellites degrees.'),
  altitudeKm: z.number().min(100).max(50_000).default(530).describe('Altitude of the circular orbits.'),
  inclinationDeg: z.number().min(0).max(180).default(87).describe('Inclination of the planes.'),
  firstNodeDeg: z
    .number()
    .min(-360)
    .max(360)
    .optional()
    .describe("Right ascension of the first plane's ascending node at t = 0; 0 by default, where Greenwich then is."),
  nodeSpacingDeg: z
    .number()
    .gt(0)
    .max(360)
    .optional()
    .describe(
      'For a star: from one ascending node to the next, which leaves the rest of 180 degrees to the seam; by default 180 / planes.',
    ),
  firstArgumentDeg: z
    .number()
    .min(-360)
    .max(360)
    .optional()
    .describe('Argument of latitude of the first satellite of the first plane at t = 0; 0 by default.'),
};

/** A shell as a file gives it. */
export type ShellForm = z.output<z.ZodObject<typeof shellFields>>;

/** What no field of a shell alone can say is wrong. Throws a {@link FieldProblem}. */
export function checkShellForm(form: ShellForm, path: FieldPath): void {
  const { phasing, planes, satellitesPerPlane, pattern, nodeSpacingDeg } = form;
  if (planes * satellitesPerPlane > MAX_SATELLITES) {
    throw new FieldProblem(
      [...path, 'satellitesPerPlane'],
      `found ${satellitesPerPlane} in each of ${planes} planes, ${planes * satellitesPerPlane} in all; expected at most ${MAX_SATELLITES} satellites, which is what one process has memory for`,
    );
  }
  if (phasing >= planes && phasing > 0) {
    throw new FieldProblem(
      [...path, 'phasing'],
      `found ${phasing}; expected a whole number from 0 to ${planes - 1} with ${planes} planes`,
    );
  }
  if (nodeSpacingDeg === undefined) return;
  if (pattern !== 'star') {
    throw new FieldProblem(
      [...path, 'nodeSpacingDeg'],
      `found ${nodeSpacingDeg} with pattern ${pattern}; expected it with pattern star only, since a delta spreads its planes over 360 degrees`,
    );
  }
  if (nodeSpacingDeg * planes > 360) {
    throw new FieldProblem(
      [...path, 'nodeSpacingDeg'],
      `found ${nodeSpacingDeg}; expected at most ${360 / planes} with ${planes} planes`,
    );
  }
}
