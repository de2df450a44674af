/**
 * The numbers that custody and compressed reporting go by. They are not settled between implementations, so they come as a named
 * profile of the node. Knows numbers only, not what stands behind them.
 */
import { ADMIN_TYPES, BLOCK_TYPES } from './constants.js';

/**
 * Type numbers of the custody and reporting blocks and signals. A number that is undefined is not recognised: such a block or
 * record is an unknown one.
 */
export interface TypeProfile {
  readonly name: string;
  /** Block type of the custody transfer extension block (CTEB). */
  readonly custodyBlock: number | undefined;
  /** Block type of the compressed reporting extension block (CREB). */
  readonly reportingBlock: number | undefined;
  /** Record type of the compressed custody signal (CCS). */
  readonly custodySignal: number | undefined;
  /** Record type of the compressed reporting signal (CRS). */
  readonly reportingSignal: number | undefined;
  /**
   * How the sequences of one disposition or reason are written: always as a list, or a lone one in place of the list. Both are
   * read under every profile.
   */
  readonly sequences: 'list' | 'single';
}

/** The numbers of CCSDS 734.6-O-1, as ION has them. The default everywhere. */
export const CCSDS_TYPES: TypeProfile = {
  name: 'ccsds',
  custodyBlock: BLOCK_TYPES.custodyTransfer,
  reportingBlock: BLOCK_TYPES.compressedReporting,
  custodySignal: ADMIN_TYPES.custodySignal,
  reportingSignal: ADMIN_TYPES.reportingSignal,
  sequences: 'list',
};

/** The numbers of NASA's bplib 7, whose signals hold one sequence for each disposition. */
export const BPLIB_TYPES: TypeProfile = {
  name: 'bplib',
  custodyBlock: 13,
  reportingBlock: 16,
  custodySignal: 4,
  reportingSignal: 3,
  sequences: 'single',
};

/** HDTN has no custody for BPv7, and block type 13 is its priority block: none of the numbers is recognised. */
export const HDTN_TYPES: TypeProfile = {
  name: 'hdtn',
  custodyBlock: undefined,
  reportingBlock: undefined,
  custodySignal: undefined,
  reportingSignal: undefined,
  sequences: 'list',
};

/** All profiles by name. */
export const TYPE_PROFILES = { ccsds: CCSDS_TYPES, bplib: BPLIB_TYPES, hdtn: HDTN_TYPES } as const;
