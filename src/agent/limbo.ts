/**
 * Why a bundle has no way on. It stays in limbo until a contact opens, another plan comes, what it keeps away from is back, volume
 * is given back, or its lifetime ends.
 */

/** The reasons, each with what would help. */
export const LIMBO_REASONS = [
  /** The plan does not know the destination: another plan. */
  'unknown node',
  /** The plan has no way there any more: another plan. */
  'no route',
  /** There are ways, and each has a contact that ends before the bundle is through: another plan, or fragments. */
  'too large',
  /** All ways arrive after the end of its lifetime: another plan. */
  'too late',
  /** All ways lead over contacts that it keeps away from for a while, or back to where it came from: time. */
  'avoided',
  /** All ways lead over contacts that are promised to bundles as urgent or more: time, or a bundle that gives its place back. */
  'no volume',
] as const;

/** One of {@link LIMBO_REASONS}. */
export type LimboReason = (typeof LIMBO_REASONS)[number];
