/**
 * Status reports, and compressed ones, that reach the nodes which asked for them, held against what happened: watches from outside
 * like the other checkers and knows nothing of how a node reports.
 */
import { type ReceivedCompressedReport, type ReceivedReport, reportInWords } from '../agent/index.js';
import type { BundleIdentity } from '../base/trace.js';
import { eidToString, type StatusReport } from '../bpv7/index.js';
import { bundleName, Checker, type DeliveredBundles } from './checkers.js';
import type { RunCounters } from './counters.js';
import type { CheckReport } from './report.js';

const EVENTS = ['received', 'forwarded', 'delivered', 'deleted'] as const;

/** All reports of a run. */
export class ReportBook {
  readonly #checker = new Checker('status reports: nothing reported twice, and no delivery that was none');
  readonly #delivered: DeliveredBundles;
  readonly #counters: RunCounters;
  /** What was said, as text; that of compressed reports apart. */
  readonly #said = new Set<string>();
  /** Nodes that forgot what they have said. */
  readonly #restarted = new Set<number>();
  #reports = 0;

  /** `delivered` is what nodes say that they delivered. */
  constructor(delivered: DeliveredBundles, counters: RunCounters) {
    this.#delivered = delivered;
    this.#counters = counters;
  }

  /** A report arrived at node `at`. */
  arrived({ fromNode, report, bundleBytes }: ReceivedReport, at: number): void {
    this.#reports++;
    this.#counters.statusReportBytesReceived += bundleBytes;
    const { source, sequence, fragmentOffset } = report;
    const place = fragmentOffset === undefined ? '' : ` from byte ${fragmentOffset}`;
    const name = `${eidToString(source)} ${sequence}${place}`;
    const what = `node ${fromNode} told node ${at} of bundle ${name}: ${reportInWords(report)}`;
    for (const event of EVENTS) {
      if (report[event].asserted) this.#isNew(fromNode, `${fromNode} ${name} ${event}`, what);
    }
    if (report.delivered.asserted && !this.#isDelivered(report)) this.#checker.violated(`${what}, which was not so`);
  }

  /** A compressed report arrived at node `at`. */
  arrivedCompressed({ fromNode, events, bundleBytes }: ReceivedCompressedReport, at: number): void {
    this.#counters.compressedReportBytesReceived += bundleBytes;
    for (const { reason, bundles } of events) {
      for (const bundle of bundles) {
        this.#reports++;
        const what = `node ${fromNode} told node ${at} of bundle ${bundleName(bundle)}: ${reason}`;
        this.#isNew(fromNode, `${fromNode} ${bundleName(bundle)} compressed ${reason}`, what);
        if (reason === 'delivered' && !this.#wasDelivered(bundle)) this.#checker.violated(`${what}, which was not so`);
      }
    }
  }

  /** A node has started again: what it has reported before it may report once more. */
  restarted(node: number): void {
    this.#restarted.add(node);
  }

  /** The verdict. */
  report(): CheckReport {
    return this.#checker.report(`${this.#reports} reports, all of what happened and each once`);
  }

  #isNew(fromNode: number, said: string, what: string): void {
    if (this.#said.has(said) && !this.#restarted.has(fromNode))
      this.#checker.violated(`${what}, which it had said before`);
    this.#said.add(said);
  }

  #isDelivered({ source, sequence }: StatusReport): boolean {
    if (source.scheme !== 'ipn') return false;
    return this.#delivered.hasNumber(source.node, Number(sequence));
  }

  #wasDelivered({ sourceNode, sequence }: BundleIdentity): boolean {
    return this.#delivered.hasNumber(sourceNode, sequence);
  }
}
