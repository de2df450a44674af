/** All that watches a run from outside: its checkers, how they hear of things, and their verdicts. Both drivers use it. */
import type { BundleStore } from '../agent/index.js';
import { TYPE_PROFILES } from '../bpv7/index.js';
import { type ContactChecker, DeliveredBundles } from './checkers.js';
import type { RunCounters } from './counters.js';
import { CustodyChecker, type RunClock } from './custody-checker.js';
import { DeliveryChecker } from './delivery-checker.js';
import { checkReleased } from './release-checker.js';
import type { CheckReport } from './report.js';
import { ReportBook } from './report-book.js';
import type { Scenario } from './scenario.js';
import { SignalChecker } from './signal-checker.js';
import { StorageChecker } from './storage-checker.js';
import { StoreWatch } from './store-watch.js';
import { TrafficBook } from './traffic.js';

/** The checkers of a run. */
export interface RunWatch {
  readonly custody: CustodyChecker;
  readonly delivery: DeliveryChecker;
  readonly storage: StorageChecker;
  /** Where stores are durable. */
  readonly signals: SignalChecker | undefined;
  readonly traffic: TrafficBook;
  readonly reports: ReportBook;
  readonly stores: StoreWatch;
  /** The stores of all nodes as they see them. */
  readonly liveStores: Map<number, BundleStore>;
  readonly clock: RunClock;
}

/** The checkers for a scenario. */
export function newRunWatch(scenario: Scenario, counters: RunCounters): RunWatch {
  const delivered = new DeliveredBundles();
  const isDurable = scenario.store.kind === 'durable';
  // Over sockets nobody tells the checkers the time.
  const clock: RunClock = { nowUs: Number.POSITIVE_INFINITY };
  const custody = new CustodyChecker(delivered, clock);
  const delivery = new DeliveryChecker(delivered, isDurable);
  const storage = new StorageChecker(scenario.store);
  const liveStores = new Map<number, BundleStore>();
  const types = TYPE_PROFILES[scenario.nodes.types];
  const signals = isDurable ? new SignalChecker(types, (node) => liveStores.get(node)) : undefined;
  return {
    custody,
    delivery,
    storage,
    signals,
    traffic: new TrafficBook(scenario.traffic, counters),
    reports: new ReportBook(delivery.handedOver, counters),
    stores: new StoreWatch({ custody, storage, signals }, counters),
    liveStores,
    clock,
  };
}

/** What the checkers say when a run is over. */
export function verdictsOf(
  watch: RunWatch,
  contacts: ContactChecker,
  { nodes, expect }: Scenario,
  interrupted: boolean,
): CheckReport[] {
  const { custody, delivery, storage, signals, traffic, reports, liveStores } = watch;
  const checks = [custody.report(), delivery.report(), contacts.report(), storage.report()];
  if (signals !== undefined) checks.push(signals.report());
  const trafficReport = traffic.report(interrupted);
  if (trafficReport !== undefined) checks.push(trafficReport);
  if (nodes.statusReports) checks.push(reports.report());
  if (expect.released && !interrupted) checks.push(checkReleased(liveStores));
  return checks;
}
