/**
 * Status reports that reach the nodes which asked for them, held against what happened: watches from outside like the other
 * checkers and knows nothing of how a node reports.
 */
import { type ReceivedReport, reportInWords } from '../agent/index.js';
import { eidToString, type StatusReport } from '../bpv7/index.js';
import { Checker, type DeliveredBundles } from './checkers.js';
import type { CheckReport } from './report.js';

const EVENTS = ['received', 'forwarded', 'delivered', 'deleted'] as const;

/** All reports of a run. */
export class ReportBook {
  readonly #checker = new Checker('status reports: nothing reported twice, and no delivery that was none');
  readonly #delivered: DeliveredBundles;
  /** What was said, as text. */
  readonly #said = new Set<string>();
  #reports = 0;

  /** `delivered` is kept by the DeliveryChecker. */
  constructor(delivered: DeliveredBundles) {
    this.#delivered = delivered;
  }

  /** A report arrived at node `at`. */
  arrived({ fromNode, report }: ReceivedReport, at: number): void {
    this.#reports++;
    const { source, sequence, fragmentOffset } = report;
    const place = fragmentOffset === undefined ? '' : ` from byte ${fragmentOffset}`;
    const name = `${eidToString(source)} ${sequence}${place}`;
    const what = `node ${fromNode} told node ${at} of bundle ${name}: ${reportInWords(report)}`;
    for (const event of EVENTS) {
      if (!report[event].asserted) continue;
      const said = `${fromNode} ${name} ${event}`;
      if (this.#said.has(said)) this.#checker.violated(`${what}, which it had said before`);
      this.#said.add(said);
    }
    if (report.delivered.asserted && !this.#isDelivered(report)) this.#checker.violated(`${what}, which was not so`);
  }

  /** The verdict. */
  report(): CheckReport {
    return this.#checker.report(`${this.#reports} reports, all of what happened and each once`);
  }

  #isDelivered({ source, sequence }: StatusReport): boolean {
    if (source.scheme !== 'ipn') return false;
    return this.#delivered.hasNumber(source.node, Number(sequence));
  }
}
