/** The parts of a scenario file that say what can go wrong: with links, stores, nodes, contacts and clocks. */
import { z } from 'zod';
import { DEFAULT_LIMITS } from '../agent/index.js';
import { MAX_DATAGRAM_BYTES } from '../convergence/udpcl.js';
import { CRASH_POINTS, FORGERIES } from './scenario-faults.js';
import { milliseconds, positiveSeconds, probability, satellite, seconds, text } from './scenario-fields.js';

/** The least that a link must take: the smallest pieces of a job's streams, with the blocks around them. */
const MIN_LINK_BUNDLE_BYTES = 1280;

/** A clock that is further off than ten years says nothing that a shorter step would not. */
const MAX_STEP_SECONDS = 315_360_000;

/** Ten per cent, far beyond any oscillator. */
const MAX_DRIFT_PPM = 100_000;

/** More damaged bundles than this in one crash are a lost store. */
const MAX_DAMAGED = 1_000;

/** Datagrams of one forgery; more is a flood, which several can make. */
const MAX_FORGED = 10_000;

const burstsForm = z
  .strictObject({
    enter: z.number().min(0).max(1).describe('Probability that a good link turns bad before a transmission.'),
    leave: z
      .number()
      .gt(0)
      .max(1)
      .describe('Probability that a bad link turns good; bursts last 1 / leave on average.'),
    lossGood: probability('Probability of loss while the link is good.'),
    lossBad: z.number().min(0).max(1).default(1).describe('Probability of loss while the link is bad.'),
  })
  .meta({
    title: '{enter, leave, lossGood, lossBad}',
    description: 'Loss in bursts by the Gilbert-Elliott model, counted in transmissions, beside `loss`.',
  });

const reorderingForm = z.strictObject({
  probability: probability('Probability that a transmission is held back.'),
  delayMs: milliseconds('By how much it is held back.').default(20),
});

const delayForm = z.strictObject({
  minMs: milliseconds('The least delay.').default(0),
  maxMs: milliseconds('The greatest delay.').default(0),
});

const anyProbability = (description: string) => z.number().min(0).max(1).optional().describe(description);

const overrideForm = z.strictObject({
  from: satellite('The sender.'),
  to: satellite('The receiver.'),
  loss: anyProbability('Probability that a transmission is lost.'),
  bursts: burstsForm.optional(),
  duplication: anyProbability('Probability that a transmission arrives twice.'),
  reordering: reorderingForm.optional().describe('Transmissions that later ones overtake.'),
  delay: delayForm.optional().describe('How much later than planned transmissions arrive.'),
  corruption: anyProbability('Probability that a byte of a transmission is changed on the way.'),
});

/** What links do to bundles. */
export const linksForm = z
  .strictObject({
    rateBytesPerSecond: z
      .number()
      .gt(0)
      .max(1e12)
      .default(10_000_000)
      .describe('Rate of every link of a constellation; a plan file brings its own rates.'),
    loss: probability('Probability that a transmission is lost.'),
    bursts: burstsForm.optional(),
    duplication: probability('Probability that a transmission arrives twice.'),
    reordering: reorderingForm.prefault({}).describe('Transmissions that later ones overtake.'),
    delay: delayForm
      .prefault({})
      .describe('How much later than by rate and light time transmissions arrive, between the two, drawn for each.'),
    corruption: probability('Probability that a byte of a transmission is changed on the way.'),
    maxBundleBytes: z
      .int()
      .min(MIN_LINK_BUNDLE_BYTES)
      .max(MAX_DATAGRAM_BYTES)
      .default(MAX_DATAGRAM_BYTES)
      .describe('The longest datagram that a link takes; a longer bundle is fragmented where it may be.'),
    overrides: z
      .array(overrideForm)
      .default([])
      .describe(
        'Links with other hardships than all the others, one direction each; what is not given is as on the others.',
      ),
  })
  .prefault({})
  .describe('What links do to bundles; probabilities per bundle and hop.');

/** What the stores of the nodes are. */
export const storeForm = z
  .strictObject({
    kind: z
      .enum(['memory', 'durable'])
      .default('memory')
      .describe('Whether what a node flushed is there again after a crash. Nodes with durable stores take custody.'),
    flushDelayMs: milliseconds('How long a flush of a durable store takes.').default(0),
    bundles: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(DEFAULT_LIMITS.storedBundles)
      .describe('Bundles that a store takes, administrative ones apart.'),
    bytes: z.int().min(1).max(1e15).default(DEFAULT_LIMITS.storedBytes).describe('Their bytes.'),
    administrativeBundles: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(DEFAULT_LIMITS.administrativeBundles)
      .describe('Administrative bundles that a store takes beside them.'),
  })
  .prefault({})
  .describe('The stores of the nodes.');

const contactOfFault = {
  at: seconds('When, in seconds of virtual time: before the contact begins, or while it lasts.'),
  from: satellite('The sender.'),
  to: satellite('The receiver.'),
  start: seconds('When the contact begins by the plan.'),
};
const at = seconds('When, in seconds of virtual time.');
const announced = z.boolean().default(false).describe('Whether all nodes get a plan that says so.');

/** Something that goes wrong, or is right again. */
export const faultForm = z
  .discriminatedUnion('kind', [
    z.strictObject({
      at,
      kind: z.enum(['node-down', 'node-up']).describe('What happens.'),
      node: satellite('The satellite that goes dark or comes back.'),
    }),
    z.strictObject({
      at,
      kind: z.enum(['link-down', 'link-up']).describe('What happens, in both directions.'),
      from: satellite('One end of the link.'),
      to: satellite('The other end of the link.'),
    }),
    z.strictObject({
      ...contactOfFault,
      kind: z.literal('contact-cancelled').describe('A contact does not come, or ends now.'),
      announced: z.boolean().default(true).describe('Whether all nodes get a plan without it.'),
    }),
    z.strictObject({
      ...contactOfFault,
      kind: z.literal('contact-late').describe('A contact begins late.'),
      bySeconds: positiveSeconds('How late it begins; its end stays.'),
      announced,
    }),
    z.strictObject({
      ...contactOfFault,
      kind: z
        .literal('contact-slower')
        .describe('A contact carries less than the plan says; its sender learns how much.'),
      factor: z.number().gt(0).max(1).describe('Its rate as a share of the planned one.'),
      announced,
    }),
    z.strictObject({
      at,
      kind: z
        .literal('plan-update')
        .describe('All nodes get another contact plan, and contacts follow it from then on.'),
      plan: text('Path of the contact plan file; a relative one is looked up beside the scenario.'),
    }),
    z.strictObject({
      at: seconds('From when on, in seconds of virtual time: with what the node handles next, or a second later.'),
      kind: z.literal('node-crash').describe('A node crashes and starts again from its durable store.'),
      node: satellite('The satellite that crashes.'),
      downSeconds: positiveSeconds('How long it is dark.').default(1),
      when: z
        .enum(CRASH_POINTS)
        .default('before-flush')
        .describe('Before a flush, behind it with no output performed, or with some of them.'),
      damaged: z
        .int()
        .min(0)
        .max(MAX_DAMAGED)
        .default(0)
        .describe('Bundles in its store that are damaged when it starts again.'),
    }),
    z.strictObject({
      at,
      kind: z.literal('store-full').describe('A store has no space for a while, administrative traffic apart.'),
      node: satellite('The satellite whose store it is.'),
      seconds: positiveSeconds('For how long.'),
    }),
    z.strictObject({
      at,
      kind: z.literal('clock-step').describe('A DTN clock jumps.'),
      node: satellite('The satellite whose clock it is.'),
      bySeconds: z.number().min(-MAX_STEP_SECONDS).max(MAX_STEP_SECONDS).describe('How far; back below 0.'),
    }),
    z.strictObject({
      at,
      kind: z.literal('clock-drift').describe('A DTN clock runs faster or slower from now on.'),
      node: satellite('The satellite whose clock it is.'),
      ppm: z.number().min(-MAX_DRIFT_PPM).max(MAX_DRIFT_PPM).describe('Microseconds a second; slower below 0.'),
    }),
    z.strictObject({
      at,
      kind: z.literal('forge').describe('An attacker puts datagrams on a link.'),
      what: z.enum(FORGERIES).describe('Signals in a foreign name, datagrams seen before, changed or not, or noise.'),
      from: satellite('The sender that they seem to come from.'),
      to: satellite('The receiver.'),
      count: z.int().min(1).max(MAX_FORGED).default(1).describe('How many datagrams.'),
      as: satellite('In whose name signals are forged; by default a node that nobody knows.').optional(),
    }),
    z.strictObject({
      at,
      kind: z.literal('heal').describe('From now on nothing else goes wrong.'),
    }),
  ])
  .meta({
    title: `{at, kind: node-down | node-up, node}, {at, kind: link-down | link-up, from, to}, {at, kind: contact-cancelled | contact-late | contact-slower, from, to, start}, {at, kind: plan-update, plan}, {at, kind: node-crash | store-full | clock-step | clock-drift, node}, {at, kind: forge, what, from, to} or {at, kind: heal}`,
  });
