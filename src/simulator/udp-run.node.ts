/**
 * A scenario over real UDP: each satellite has its own socket on 127.0.0.1 and the wall clock, `timeScale` times as fast as life.
 * The nodes are of the same class as in the simulator. Contacts and faults come at their times, links lose, repeat, damage and
 * delay datagrams as the scenario says, light time included as far as timers are fine enough; rates are kept by the nodes' own pacing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentConfig } from '../agent/index.js';
import { UsageError } from '../base/errors.js';
import { secondsToUs, US_PER_MS, usToSeconds } from '../base/time.js';
import { UdpHost } from '../runtime/host.node.js';
import { limitedStepper } from '../runtime/limited-step.node.js';
import { nodePlatform } from '../runtime/platform.node.js';
import { ProcessorRunner, type Stepper } from '../runtime/processor-runner.js';
import { WallClock } from '../runtime/wall-clock.node.js';
import { ContactChecker } from './checkers.js';
import { impairmentsOf, overridesOf } from './impairments.js';
import { LinkLayer } from './links.js';
import type { RunParts } from './run.node.js';
import type { Scenario } from './scenario.js';
import type { ScenarioFault } from './scenario-faults.js';
import { Sky } from './sky.js';
import { StepCosts } from './step-costs.js';
import { ObservedStore } from './store-watch.js';
import { instantAt } from './world.js';

/** Wall-clock time by which a timer or a busy process may be late, in milliseconds; the contact checker allows for it. */
export const WALL_SLACK_MS = 50;

/** How far a link may run ahead of its rate, as wall-clock time: timers come to the millisecond only. */
const PACING_BURST_MS = 4;

/** Wall-clock time after the last job and flow for what is under way to settle, in milliseconds. */
const SETTLING_MS = 3_000;

/** Wall-clock time between two looks at whether all is done, and between two progress reports, in milliseconds. */
const POLL_MS = 20;
const PROGRESS_MS = 500;

/** Satellites that one process gives a socket each: file descriptors are the limit. */
const MAX_SOCKETS = 2_000;

/** A traffic bundle that found no room is offered again after this long on the wall, in milliseconds. */
const OFFER_AGAIN_MS = 100;

/** Flies the scenario; ends when everything asked for has ended, at the scenario's end, or when the signal says so. */
export async function flyOverUdp(
  parts: RunParts,
): Promise<{ contacts: ContactChecker; nowUs: number; interrupted: boolean }> {
  const flight = new UdpFlight(parts);
  try {
    return await flight.fly();
  } finally {
    await flight.close();
  }
}

class UdpFlight {
  readonly #parts: RunParts;
  readonly #clock: WallClock;
  readonly #contacts: ContactChecker;
  readonly #links: LinkLayer;
  readonly #sky: Sky;
  readonly #hosts = new Map<number, UdpHost>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #step: Stepper;
  #failure: Error | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
    const { world, random, counters, linkObserver } = parts;
    const { timeScale, links } = world.scenario;
    refuseVirtual(world.scenario);
    if (world.nodes.length > MAX_SOCKETS) {
      throw new UsageError(
        'too-many-sockets',
        `--udp gives each satellite a socket and takes at most ${MAX_SOCKETS} satellites, the scenario has ${world.nodes.length}; run it without --udp`,
      );
    }
    this.#clock = new WallClock(timeScale, instantAt(0).dtnTimeMs);
    this.#contacts = new ContactChecker(WALL_SLACK_MS * US_PER_MS * timeScale);
    this.#links = new LinkLayer(impairmentsOf(links), random.fork('links'), counters, this.#contacts, linkObserver);
    this.#links.setApart(overridesOf(links));
    this.#step = limitedStepper(world.scenario.processing.stepLimitSeconds, parts.options.signal);
    this.#sky = new Sky(world, this.#links, counters, (node, input) => this.#hosts.get(node)?.input(input));
  }

  async fly(): Promise<{ contacts: ContactChecker; nowUs: number; interrupted: boolean }> {
    const { world, options } = this.#parts;
    await this.#open();
    this.#schedule();
    const endUs = secondsToUs(world.scenario.endSeconds);
    let settledUntilUs = Number.POSITIVE_INFINITY;
    let lastProgressMs = 0;
    let interrupted = false;
    for (;;) {
      this.#changeSky();
      if (this.#failure !== undefined) throw this.#failure;
      const nowUs = this.#clock.nowUs();
      interrupted = options.signal?.aborted ?? false;
      if (interrupted || nowUs >= endUs || nowUs >= settledUntilUs) break;
      const { jobs, traffic } = this.#parts;
      const isEmpty = this.#parts.storedBundles() === 0;
      if (jobs.allEnded && traffic.isSent && (isEmpty || traffic.hasArrived)) {
        if (isEmpty && traffic.hasArrived) break;
        settledUntilUs = Math.min(settledUntilUs, nowUs + SETTLING_MS * US_PER_MS * this.#clock.scale);
      } else settledUntilUs = Number.POSITIVE_INFINITY;
      if (performance.now() - lastProgressMs >= PROGRESS_MS) {
        lastProgressMs = performance.now();
        this.#progress(nowUs);
      }
      await sleep(Math.min(POLL_MS, Math.ceil(this.#clock.wallMsUntil(this.#sky.nextUs()))));
    }
    return { contacts: this.#contacts, nowUs: this.#clock.nowUs(), interrupted };
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all([...this.#hosts.values()].map((host) => host.close()));
  }

  /** Opens all sockets and tells every satellite where the others are. */
  async #open(): Promise<void> {
    const { world } = this.#parts;
    for (const node of world.nodes) this.#hosts.set(node, this.#newHost(node));
    const addresses = await Promise.all(
      [...this.#hosts].map(async ([node, host]) => ({ node, address: await host.listen('127.0.0.1', 0) })),
    );
    const byNode = new Map(addresses.map(({ node, address }) => [node, address]));
    for (const [node, host] of this.#hosts) {
      for (const neighbour of world.everLinkedTo(node)) {
        const address = byNode.get(neighbour);
        if (address !== undefined) host.addPeer(neighbour, address);
      }
    }
  }

  #newHost(number: number): UdpHost {
    const { world, random, trace, stores, catalogue } = this.#parts;
    const store = new ObservedStore(number, stores);
    this.#parts.liveStores.set(number, store);
    const node = world.newNode(number, {
      random,
      platform: nodePlatform,
      trace,
      store,
      security: this.#parts.securityOf(number),
      adjust: (config) => forWallClock(config, this.#clock.scale),
    });
    const costs = new StepCosts(world.scenario.processing, number);
    return new UdpHost({
      node,
      step: this.#step,
      stepCostUs: (request, outcome) => costs.of(request, outcome),
      runner: new ProcessorRunner(catalogue, nodePlatform),
      clock: this.#clock,
      hasDate: world.instantOf(number, 0).dtnTimeMs !== undefined,
      isDark: () => this.#sky.isDark(number),
      onError: (error) => {
        this.#failure ??= error;
      },
      onTransmit: (output, send) => {
        this.#links.transmit(number, output.to, output.datagram, this.#clock.nowUs(), (flight, atUs) => {
          // Light time and what delays it further; below the grain of timers it is sent at once.
          const delayMs = (atUs - flight.goneUs) / US_PER_MS / this.#clock.scale;
          if (delayMs < 1) send(flight.datagram);
          else this.#later(delayMs, () => send(flight.datagram));
        });
      },
      onOutput: (output) => {
        if (output.kind === 'job-changed') this.#parts.jobs.changed(output.status);
        else if (output.kind === 'bundle-refused') {
          this.#later(OFFER_AGAIN_MS, () =>
            this.#sky.inside(number, { kind: 'bundle-submitted', request: output.request }),
          );
        } else if (output.kind === 'status-report') this.#parts.reports.arrived(output.received, number);
        else if (output.kind === 'compressed-report') this.#parts.reports.arrivedCompressed(output.received, number);
        else if (output.kind === 'deliver') this.#parts.traffic.delivered(output.delivery, number, this.#clock.nowUs());
      },
    });
  }

  /** Sets timers for the jobs and the flows. */
  #schedule(): void {
    const { world, traffic } = this.#parts;
    for (const job of world.scenario.jobs) {
      this.#later(this.#clock.wallMsUntil(secondsToUs(job.at)), () => {
        const requestedUs = secondsToUs(job.at);
        this.#sky.inside(job.los, { kind: 'job-submitted', spec: world.jobSpec(job), requestedUs });
      });
    }
    world.scenario.jobs.forEach(({ los }, at) => {
      this.#later(this.#clock.wallMsUntil(this.#parts.jobs.deadlineUs(at)) + WALL_SLACK_MS, () => {
        if (this.#sky.isDark(los)) this.#parts.jobs.lostAtDarkLos(at, this.#clock.nowUs(), world.nameOf(los));
      });
    });
    traffic.flows.forEach((flow, at) => {
      this.#later(this.#clock.wallMsUntil(secondsToUs(flow.at)), () => this.#sendTraffic(at));
    });
  }

  #sendTraffic(flow: number): void {
    const { traffic } = this.#parts;
    for (
      let next = traffic.next(flow, this.#clock.nowUs());
      next !== undefined;
      next = traffic.next(flow, this.#clock.nowUs())
    ) {
      this.#sky.inside(next.from, { kind: 'bundle-submitted', request: next.request });
      if (next.againUs === undefined) return;
      const waitMs = this.#clock.wallMsUntil(next.againUs);
      if (waitMs < 1) continue;
      this.#later(waitMs, () => this.#sendTraffic(flow));
      return;
    }
  }

  #changeSky(): void {
    for (let nowUs = this.#clock.nowUs(); this.#sky.nextUs() <= nowUs; ) this.#sky.change(nowUs);
  }

  #later(wallMs: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, Math.ceil(wallMs));
    this.#timers.add(timer);
  }

  #progress(nowUs: number): void {
    const { jobs, counters, world, options } = this.#parts;
    options.onProgress?.({
      virtualSeconds: usToSeconds(nowUs),
      endSeconds: world.scenario.endSeconds,
      jobsDone: jobs.ended,
      jobs: world.scenario.jobs.length,
      phase: jobs.phase,
      transmissions: counters.transmissions,
      lost: counters.lost,
    });
  }
}

/** Faults that only virtual time can have: what sockets and a process do when they crash is not for a scenario to say. */
const VIRTUAL_FAULTS: ReadonlySet<ScenarioFault['kind']> = new Set([
  'node-crash',
  'store-full',
  'clock-step',
  'clock-drift',
  'forge',
]);

function refuseVirtual({ store, faults }: Scenario): void {
  const at = faults.findIndex(({ kind }) => VIRTUAL_FAULTS.has(kind));
  const found =
    store.kind !== 'memory' ? `store.kind ${store.kind}` : at >= 0 ? `fault ${at}, ${faults[at]?.kind},` : undefined;
  if (found === undefined) return;
  throw new UsageError(
    'virtual-time-only',
    `${found} is simulated on virtual time only; run the scenario without --udp`,
  );
}

/** Waits and paces in terms of the wall clock: a millisecond there is `scale` milliseconds of the node's time. */
function forWallClock(config: AgentConfig, scale: number): AgentConfig {
  const slackUs = WALL_SLACK_MS * US_PER_MS * scale;
  const { custody } = config;
  return {
    ...config,
    pacingBurstUs: PACING_BURST_MS * US_PER_MS * scale,
    contactGraceUs: config.contactGraceUs + slackUs,
    custody: {
      ...custody,
      signalDelayUs: Math.max(custody.signalDelayUs, 2 * US_PER_MS * scale),
      retransmitMarginUs: custody.retransmitMarginUs + slackUs,
    },
  };
}
