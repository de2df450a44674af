/** The parts of a scenario file that say what bundles ask for, and what nodes do with them. */
import { z } from 'zod';
import { DEFAULT_REPORTING, isOwnBlockType, MAX_ADU_BYTES, MAX_ORDINAL } from '../agent/index.js';
import { US_PER_SECOND } from '../base/time.js';
import { MAX_POLICY_RULES, securityPolicyForm, securityRuleForm } from '../bpsec/policy-form.js';
import { HDTN_TYPES, TYPE_PROFILES } from '../bpv7/index.js';
import { COMPRESSED_REPORT_EVENTS, REPORT_EVENTS, TRAFFIC_PRIORITIES } from './scenario.js';
import { positiveSeconds, satellite, seconds, text } from './scenario-fields.js';

/** The greatest service number that a scenario may name. */
const MAX_SERVICE = 1_048_575;

/** The most services with a class of their own, which is more than a person writes down. */
const MAX_PRIORITY_SERVICES = 256;

/** The most that one signal may say, which keeps it far inside of a datagram. */
const MAX_SIGNAL_LIMIT = 10_000;

/** How all nodes treat bundles. */
export const nodesForm = z
  .strictObject({
    statusReports: z
      .boolean()
      .default(false)
      .describe('Whether nodes send the status reports that bundles ask for (RFC 9171 section 5.1).'),
    compressedReports: z
      .strictObject({
        limit: z
          .int()
          .min(1)
          .max(MAX_SIGNAL_LIMIT)
          .default(DEFAULT_REPORTING.signalLimit)
          .describe('A signal leaves when it says this many things of bundles.'),
        delaySeconds: seconds('A signal leaves this long after the first thing that it says.').default(
          DEFAULT_REPORTING.signalDelayUs / US_PER_SECOND,
        ),
        counterBits: z
          .union([z.literal(16), z.literal(32), z.literal(64)])
          .default(DEFAULT_REPORTING.counterBits)
          .describe('Bits of the counters that number bundles for compressed reports.'),
      })
      .prefault({})
      .describe('How nodes gather compressed reports (CCSDS 734.6-O-1); they send them where `statusReports` is true.'),
    profile: z
      .enum(['strict', 'lenient'])
      .default('strict')
      .describe('How strictly nodes read bundles; lenient takes what deployed implementations send.'),
    types: z
      .enum(Object.keys(TYPE_PROFILES) as (keyof typeof TYPE_PROFILES)[])
      .default('ccsds')
      .describe('Type numbers of custody blocks and signals: CCSDS 734.6-O-1, bplib, or none as in HDTN.'),
    clockless: z
      .array(satellite('A satellite.'))
      .default([])
      .describe('Satellites without a clock that knows the date.'),
    withoutCustody: z
      .array(satellite('A satellite.'))
      .default([])
      .describe('Satellites that relay bundles in custody and take none: their custodian keeps them.'),
    priorities: z
      .strictObject({
        profile: z
          .enum(['local', 'ion'])
          .default('local')
          .describe(
            "Whether urgency is each node's own matter, or is written into ION's block 193 and read on the way.",
          ),
        services: z
          .array(
            z.strictObject({
              service: z.int().min(1).max(MAX_SERVICE).describe('Service that bundles are for; 1 is that of jobs.'),
              priority: z.enum(TRAFFIC_PRIORITIES).describe('Class of the bundles for it.'),
              ordinal: z
                .int()
                .min(0)
                .max(MAX_ORDINAL)
                .default(0)
                .describe('Among expedited ones the greatest goes first.'),
            }),
          )
          .max(MAX_PRIORITY_SERVICES)
          .default([])
          .describe('Classes by service; by default bulk for service 2, plain traffic, and standard for all others.'),
      })
      .prefault({})
      .describe('Which bundles go first, and take the volume of contacts from others.'),
  })
  .prefault({})
  .describe('How nodes treat bundles.');

/** How nodes choose their routes. */
export const routingForm = z
  .strictObject({
    queueToleranceSeconds: z
      .number()
      .min(0)
      .max(3_600)
      .default(1)
      .describe(
        'A queue that takes no longer than this is left out of the choice of a route; 0 looks for a way around each.',
      ),
    congestion: z
      .enum(['avoid', 'off'])
      .default('avoid')
      .describe(
        'Whether nodes tell their neighbours how much of their contacts is taken, and keep out of those that are full.',
      ),
  })
  .prefault({})
  .describe('How nodes choose their routes.');

/** What nodes secure and demand; a rule is in force at the satellites that it names. */
export const securityForm = z
  .strictObject({
    keys: text('Path of a JSON Web Key Set; a relative one is looked up beside the scenario.'),
    rules: z
      .array(
        securityRuleForm.extend({
          nodes: z
            .array(satellite('A satellite.'))
            .min(1)
            .optional()
            .describe('Where the rule is in force; by default everywhere.'),
        }),
      )
      .min(1)
      .max(MAX_POLICY_RULES)
      .describe('Rules of the security policies.'),
    unexpected: securityPolicyForm.shape.unexpected,
  })
  .describe('Bundle security (RFC 9172): keys, and what nodes add, verify and accept.');

/** Blocks that nodes make themselves cannot be asked for; custody blocks are among them where the type profile has some. */
const extraBlockForm = z.strictObject({
  type: z
    .int()
    .min(2)
    .max(0xffff_ffff)
    .refine((type) => !isOwnBlockType(type, HDTN_TYPES), 'a type that nodes make themselves')
    .meta({ title: 'a block type that nodes do not make themselves', description: 'Block type.' }),
  flags: z
    .int()
    .min(0)
    .max(0xff)
    .default(0)
    .describe('Block processing control flags: 1 replicate, 2 report, 4 delete the bundle, 16 discard the block.'),
  data: z
    .string()
    .regex(/^(?:[0-9a-fA-F]{2})*$/)
    .default('')
    .meta({ title: 'pairs of hexadecimal digits', description: 'Content in hexadecimal digits.' }),
});

/** A flow of plain bundles. */
export const trafficForm = z.strictObject({
  at: seconds('When the first bundle leaves.').default(0),
  from: satellite('Source of the flow.'),
  to: satellite('Destination of the flow.'),
  count: z.int().min(1).max(10_000_000).default(1).describe('Number of bundles.'),
  sizeBytes: z
    .int()
    .min(0)
    .max(MAX_ADU_BYTES)
    .default(1024)
    .describe(
      'Payload of each bundle; with its blocks it must fit one datagram of the links, unless it may be fragmented.',
    ),
  intervalSeconds: seconds('Time between two bundles.').default(1),
  custody: z.boolean().default(false).describe('Whether the bundles ask for custody transfer.'),
  mayExpire: z
    .boolean()
    .default(false)
    .describe('Whether bundles in custody may reach the end of their lifetime instead of their destination.'),
  lifetimeSeconds: positiveSeconds('Lifetime of each bundle.').default(3600),
  fragment: z.boolean().default(false).describe('Whether the bundles may be fragmented on their way.'),
  reports: z
    .array(z.enum(REPORT_EVENTS))
    .default([])
    .describe('Status reports that the bundles ask for; nodes send them where `statusReports` is true.'),
  compressedReports: z
    .array(z.enum(COMPRESSED_REPORT_EVENTS))
    .default([])
    .describe('Compressed reports that the bundles ask for, beside status reports or in place of them.'),
  reportTo: satellite('Where the reports go, by default to the source of the flow.').optional(),
  hopLimit: z.int().min(1).max(255).optional().describe('Hops that a bundle may make; by default 255.'),
  blocks: z.array(extraBlockForm).default([]).describe('Extension blocks that each bundle carries.'),
  service: z
    .int()
    .min(2)
    .max(MAX_SERVICE)
    .refine((service) => service !== 3, 'expected another service: 3 is that of byte streams')
    .default(2)
    .describe('Service that the bundles are for; 3 is that of byte streams.'),
  priority: z
    .enum(TRAFFIC_PRIORITIES)
    .optional()
    .describe('Class of the bundles at their source; by default what nodes.priorities says of their service.'),
  ordinal: z.int().min(0).max(MAX_ORDINAL).default(0).describe('Among expedited bundles the greatest goes first.'),
  critical: z
    .boolean()
    .default(false)
    .describe('Whether a copy goes through every neighbour that has a route; needs nodes.priorities.profile ion.'),
});
