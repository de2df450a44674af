/** The plain bundle flows of a scenario: makes their bundles and watches them arrive whole and once. */
import { type Delivery, PRIORITY, type SendRequest } from '../agent/index.js';
import { fromHex } from '../base/bytes.js';
import { secondsToUs, US_PER_MS, usToSeconds } from '../base/time.js';
import { ipn } from '../bpv7/index.js';
import { TRAFFIC_SERVICE } from '../runtime/node.js';
import { Checker } from './checkers.js';
import type { RunCounters } from './counters.js';
import type { CheckReport } from './report.js';
import type { ScenarioTraffic } from './scenario.js';

/** Bytes at the head of each payload: flow and number, four bytes each. */
const HEADER_BYTES = 8;

/** All flows of a run: what was sent, and what has arrived. */
export class TrafficBook {
  readonly flows: readonly ScenarioTraffic[];
  readonly #counters: RunCounters;
  readonly #sent: number[];
  readonly #arrived: Uint8Array[];
  #allowedLosses = 0;
  readonly #checker = new Checker('traffic: all in custody arrives, and everything as it was sent');

  constructor(flows: readonly ScenarioTraffic[], counters: RunCounters) {
    this.flows = flows;
    this.#counters = counters;
    this.#sent = flows.map(() => 0);
    this.#arrived = flows.map((flow) => new Uint8Array(flow.count));
  }

  /** The next bundle of a flow, and when the one after it is due; undefined when there is none. */
  next(index: number, nowUs: number): { from: number; request: SendRequest; againUs: number | undefined } | undefined {
    const flow = this.flows[index] as ScenarioTraffic;
    const number = this.#sent[index] as number;
    if (number >= flow.count) return undefined;
    this.#sent[index] = number + 1;
    this.#counters.trafficSent++;
    if (flow.custody) this.#counters.custodyTrafficSent++;
    const request: SendRequest = {
      destinationNode: flow.to,
      destinationService: flow.service,
      sourceService: TRAFFIC_SERVICE,
      payload: payloadFor(index, number, flow.sizeBytes),
      lifetimeMs: Math.ceil(secondsToUs(flow.lifetimeSeconds) / US_PER_MS),
      custody: flow.custody,
      priority: flow.priority && PRIORITY[flow.priority],
      ordinal: flow.priority && flow.ordinal,
      critical: flow.critical,
      mustNotFragment: !flow.fragment,
      hopLimit: flow.hopLimit,
      reports: Object.fromEntries(flow.reports.map((event) => [event, true])),
      compressedReports:
        flow.compressedReports.length === 0
          ? undefined
          : Object.fromEntries(flow.compressedReports.map((event) => [event, true])),
      reportTo: flow.reportTo === undefined ? undefined : ipn(flow.reportTo, 0),
      blocks: flow.blocks.map(({ type, flags, data }) => ({ type, flags, data: fromHex(data) })),
    };
    const againUs = number + 1 < flow.count ? nowUs + secondsToUs(flow.intervalSeconds) : undefined;
    return { from: flow.from, request, againUs };
  }

  /** A traffic bundle was delivered at `node`, at `nowUs` of the run's time. One that it may have had before it only keeps once. */
  delivered(delivery: Delivery, node: number, nowUs: number): void {
    const { payload, isRepeated } = delivery;
    const flow = this.flows[readUint32(payload, 0)];
    const number = readUint32(payload, 4);
    if (flow === undefined || number >= flow.count || payload.length !== Math.max(flow.sizeBytes, HEADER_BYTES)) {
      this.#checker.violated(`node ${node} got a bundle of ${payload.length} bytes that nobody sent`);
      return;
    }
    const arrived = this.#arrived[readUint32(payload, 0)] as Uint8Array;
    if (node !== flow.to) this.#checker.violated(`a bundle for node ${flow.to} was delivered at node ${node}`);
    else if (arrived[number] === 1 && isRepeated) return;
    else if (arrived[number] === 1)
      this.#checker.violated(`bundle ${number} of flow ${flow.from}>${flow.to} was delivered twice`);
    else if (!isIntact(payload))
      this.#checker.violated(`bundle ${number} of flow ${flow.from}>${flow.to} was delivered changed`);
    else {
      arrived[number] = 1;
      const delaySeconds = usToSeconds(nowUs - secondsToUs(flow.at) - number * secondsToUs(flow.intervalSeconds));
      const count = ++this.#counters.trafficDelivered;
      this.#counters.trafficMeanDelaySeconds += (delaySeconds - this.#counters.trafficMeanDelaySeconds) / count;
      if (flow.custody) this.#counters.custodyTrafficDelivered++;
    }
  }

  /** True when every bundle of every flow was submitted. */
  get isSent(): boolean {
    return this.flows.every((flow, at) => this.#sent[at] === flow.count);
  }

  /** True when everything that was sent has arrived. */
  get hasArrived(): boolean {
    return this.#counters.trafficDelivered === this.#counters.trafficSent;
  }

  /** A bundle was damaged on purpose where it was the only one: it need not arrive. */
  allowLoss(): void {
    this.#allowedLosses++;
  }

  #checkWhole(flow: ScenarioTraffic, at: number): void {
    const name = `flow ${at} from node ${flow.from} to ${flow.to}`;
    const unsent = flow.count - (this.#sent[at] as number);
    if (unsent > 0)
      this.#checker.violated(`${name}: the run ended before ${unsent} of its ${flow.count} bundles were due`);
    const arrived = (this.#arrived[at] as Uint8Array).reduce((sum, each) => sum + each, 0);
    const lost = flow.custody && flow.mayExpire !== true ? flow.count - unsent - arrived : 0;
    const allowed = Math.min(lost, this.#allowedLosses);
    this.#allowedLosses -= allowed;
    if (lost > allowed) {
      this.#checker.violated(
        `${name}: ${arrived} of ${flow.count - unsent} bundles in custody arrived in their lifetime`,
      );
    }
  }

  /** The verdict, undefined where there are no flows. A run that ended by itself must have sent all, and delivered all in custody. */
  report(interrupted: boolean): CheckReport | undefined {
    if (this.flows.length === 0) return undefined;
    if (!interrupted) for (const [at, flow] of this.flows.entries()) this.#checkWhole(flow, at);
    const { trafficSent, trafficDelivered } = this.#counters;
    return this.#checker.report(`${trafficDelivered} of ${trafficSent} bundles arrived, all as they were sent`);
  }
}

function payloadFor(flow: number, number: number, sizeBytes: number): Uint8Array {
  const payload = new Uint8Array(Math.max(sizeBytes, HEADER_BYTES));
  writeUint32(payload, 0, flow);
  writeUint32(payload, 4, number);
  for (let i = HEADER_BYTES; i < payload.length; i++) payload[i] = (i + number) & 0xff;
  return payload;
}

function isIntact(payload: Uint8Array): boolean {
  const number = readUint32(payload, 4);
  for (let i = HEADER_BYTES; i < payload.length; i++) if (payload[i] !== ((i + number) & 0xff)) return false;
  return true;
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (24 - 8 * i)) & 0xff;
}

function readUint32(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
