/** What goes wrong in a case of a soak until its healing. */
import type { Random } from '../base/random.js';
import { US_PER_SECOND, usToSeconds } from '../base/time.js';
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';
import { between, pick, probabilityUpTo } from './draw.js';
import type { SoakNetwork } from './network.js';
import type { SoakProfile } from './profiles.js';

type LinksForm = NonNullable<ScenarioFileForm['links']>;
type FaultForm = NonNullable<ScenarioFileForm['faults']>[number];

/** Where things go wrong, and until when. */
export type Ground = Pick<SoakNetwork, 'nodes' | 'contacts' | 'healSeconds'>;

/** The farthest that a clock jumps, in seconds: far less than bundles live that are to arrive. */
const MAX_CLOCK_STEP_SECONDS = 3_000;

/** Parts per million: a hundred times what a bad oscillator does. */
const MAX_DRIFT_PPM = 5_000;

/** What a step costs on the slowest processor, in milliseconds: the hundreds of a job's steps must be over long before the end. */
const MAX_STEP_MS = 2_000;

/** The longest that a crashed satellite is down, in seconds. */
const MAX_DOWN_SECONDS = 20;

/** The parts of a scenario that say what goes wrong. */
export type Hardships = Pick<ScenarioFileForm, 'links' | 'processing' | 'store' | 'faults'>;

/** Draws the parts of a scenario that say what goes wrong; the last of its faults heals all that can be healed. */
export function drawHardships(random: Random, profile: SoakProfile, ground: Ground): Hardships {
  const processors = random.fork('processors');
  const flushes = random.fork('flushes');
  return {
    links: drawLinks(random.fork('links'), profile, ground),
    processing: drawProcessing(processors, profile, ground),
    store: { kind: 'durable', flushDelayMs: pick(flushes, [0, 0, 1, 5, 50]) },
    faults: [...drawFaults(random.fork('faults'), profile, ground), { at: ground.healSeconds, kind: 'heal' }],
  };
}

/** Draws satellites that other ones have to get along with: relays that take no custody, and those that do not know the date. */
export function drawOddNodes(
  random: Random,
  { oddNodesChance }: SoakProfile,
  { nodes }: Pick<Ground, 'nodes'>,
): NonNullable<ScenarioFileForm['nodes']> {
  const some = () => random.shuffled(nodes).slice(0, random.below(Math.ceil(nodes.length / 2) + 1));
  return {
    ...(random.chance(oddNodesChance) ? { withoutCustody: some() } : {}),
    ...(random.chance(oddNodesChance) ? { clockless: some() } : {}),
  };
}

function drawLinks(random: Random, profile: SoakProfile, { contacts }: Ground): LinksForm {
  // Now and then a kind of hardship is missing, so that another one is seen alone.
  const some = (most: number) => (random.chance(0.75) ? probabilityUpTo(random, most) : 0);
  const links: LinksForm = {
    loss: some(profile.lossUpTo),
    corruption: some(profile.corruptionUpTo),
    duplication: some(profile.duplicationUpTo),
    reordering: { probability: some(profile.reorderingUpTo), delayMs: pick(random, [20, 500, 3_000]) },
  };
  if (random.chance(profile.burstChance)) {
    links.loss = probabilityUpTo(random, 0.05);
    links.bursts = {
      enter: pick(random, [0.02, 0.1, 0.3]),
      leave: pick(random, [0.05, 0.2, 0.5]),
      lossBad: pick(random, [0.8, 1]),
    };
  }
  if (random.chance(0.3)) links.delay = { minMs: 0, maxMs: pick(random, [10, 200, 2_000]) };
  if (contacts.length > 0 && random.chance(0.2)) {
    const { from, to } = pick(random, contacts);
    links.overrides = [{ from, to, loss: pick(random, [0, 0.9, 1]) }];
  }
  return links;
}

function drawProcessing(random: Random, profile: SoakProfile, { nodes }: Ground): ScenarioFileForm['processing'] {
  const stepMs = random.chance(profile.slowProcessorChance) ? pick(random, [50, 200, 1_000]) : 1;
  const steps = { collectMs: stepMs, mapMs: stepMs, combineMs: stepMs, reduceMs: stepMs };
  if (!random.chance(profile.slowProcessorChance)) return steps;
  const factor = Math.min(pick(random, [10, 50]), MAX_STEP_MS / stepMs);
  return { ...steps, slow: [{ node: pick(random, nodes), factor }] };
}

/** Faults in order of time, all of them over by the healing. */
function drawFaults(random: Random, profile: SoakProfile, ground: Ground): FaultForm[] {
  const faults = [
    ...drawCrashes(random.fork('crashes'), profile, ground),
    ...drawPlanErrors(random.fork('plan'), profile, ground),
    ...drawOutages(random.fork('outages'), profile, ground),
    ...drawClocks(random.fork('clocks'), profile, ground),
    ...drawForgeries(random.fork('forgeries'), profile, ground),
  ];
  return faults.sort((a, b) => a.at - b.at);
}

function drawCrashes(random: Random, { crashesUpTo }: SoakProfile, { nodes, healSeconds }: Ground): FaultForm[] {
  // One satellite that crashes again and again is hit at more points than many that crash once.
  const unlucky = pick(random, nodes);
  return Array.from({ length: random.below(crashesUpTo + 1) }, (): FaultForm => {
    const at = random.below(healSeconds * 10 - 10) / 10;
    return {
      at,
      kind: 'node-crash',
      node: random.chance(0.5) ? unlucky : pick(random, nodes),
      downSeconds: Math.min(pick(random, [0.1, 1, 5, MAX_DOWN_SECONDS]), Math.max(0.1, healSeconds - at)),
      when: pick(random, ['before-flush', 'after-flush', 'between-outputs'] as const),
    };
  });
}

function drawPlanErrors(random: Random, { planErrorsUpTo }: SoakProfile, ground: Ground): FaultForm[] {
  const early = ground.contacts.filter(({ endUs }) => endUs <= ground.healSeconds * US_PER_SECOND);
  const wrong = random.shuffled(early).slice(0, random.below(planErrorsUpTo + 1));
  return wrong.map(({ from, to, startUs, endUs }): FaultForm => {
    const [start, end] = [usToSeconds(startUs), usToSeconds(endUs)];
    const announced = random.chance(0.3);
    const before = Math.max(0, start - pick(random, [0, 1, 5]));
    const kind = pick(random, ['contact-cancelled', 'contact-late', 'contact-slower'] as const);
    // A node that has begun to send when its contact gets slower is still pacing by the old rate, and rightly so.
    if (kind === 'contact-slower' && before < start) {
      return { at: before, kind, from, to, start, factor: pick(random, [0.1, 0.5, 0.9]), announced };
    }
    if (kind === 'contact-late' && end - start >= 2) {
      return { at: before, kind, from, to, start, bySeconds: between(random, 1, end - start - 1), announced };
    }
    return { at: between(random, before, end - 1), kind: 'contact-cancelled', from, to, start, announced };
  });
}

function drawOutages(random: Random, profile: SoakProfile, { nodes, healSeconds, contacts }: Ground): FaultForm[] {
  const faults: FaultForm[] = [];
  for (let left = random.below(profile.outagesUpTo + 1); left > 0; left--) {
    const at = random.below(healSeconds - 1);
    const until = between(random, at + 1, healSeconds);
    const node = pick(random, nodes);
    const kind = pick(random, ['link', 'node', 'store'] as const);
    if (kind === 'store') {
      if (random.chance(profile.fullStoreChance)) faults.push({ at, kind: 'store-full', node, seconds: until - at });
    } else if (kind === 'node' || contacts.length === 0) {
      faults.push({ at, kind: 'node-down', node }, { at: until, kind: 'node-up', node });
    } else {
      const { from, to } = pick(random, contacts);
      faults.push({ at, kind: 'link-down', from, to }, { at: until, kind: 'link-up', from, to });
    }
  }
  return faults;
}

function drawClocks(random: Random, { clockChance }: SoakProfile, { nodes, healSeconds }: Ground): FaultForm[] {
  const faults: FaultForm[] = [];
  while (random.chance(clockChance)) {
    const at = random.below(healSeconds);
    const node = pick(random, nodes);
    if (random.chance(0.5)) {
      const far = pick(random, [2, 60, MAX_CLOCK_STEP_SECONDS]);
      faults.push({ at, kind: 'clock-step', node, bySeconds: between(random, -far, far) });
    } else faults.push({ at, kind: 'clock-drift', node, ppm: between(random, -MAX_DRIFT_PPM, MAX_DRIFT_PPM) });
  }
  return faults;
}

function drawForgeries(random: Random, { forgeriesUpTo }: SoakProfile, { contacts, healSeconds }: Ground): FaultForm[] {
  if (contacts.length === 0) return [];
  return Array.from({ length: random.below(forgeriesUpTo + 1) }, (): FaultForm => {
    const { from, to } = pick(random, contacts);
    const what = pick(random, ['custody-signal', 'custody-signal', 'corrupt', 'replay', 'garbage'] as const);
    return { at: random.below(healSeconds), kind: 'forge', what, from, to, count: between(random, 1, 20) };
  });
}
