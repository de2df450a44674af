/**
 * What a node has told about custody, by its event log: each line was written when it was durable, and before anything left that says
 * so. A line that a kill cut off is passed over: what it told of had not left.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';

/** One line of the log, as far as it matters here. */
interface Line {
  readonly type: string;
  readonly event: string;
  readonly bundle?: string;
  readonly to?: string;
}

/** The book of one node. */
export class EventBook {
  readonly #file: string;
  #offset = 0;
  #rest = '';
  /** Bundles of applications that this node answers for, by its own words. */
  readonly held = new Set<string>();
  /** Bundles that it took over from others, ever. */
  readonly accepted = new Set<string>();
  /** Bundles that its applications sent, ever; a name that came twice is in {@link reused}. */
  readonly sourced = new Set<string>();
  readonly reused: string[] = [];
  /** Bundles that expired here. */
  readonly expired = new Set<string>();
  lines = 0;

  constructor(
    file: string,
    private readonly node: number,
  ) {
    this.#file = file;
  }

  /** Takes in what was written since the last call. */
  read(): void {
    if (!existsSync(this.#file)) return;
    const { size } = statSync(this.#file);
    if (size <= this.#offset) return;
    const bytes = Buffer.alloc(size - this.#offset);
    const descriptor = openSync(this.#file, 'r');
    const count = readSync(descriptor, bytes, 0, bytes.length, this.#offset);
    closeSync(descriptor);
    this.#offset += count;
    const lines = `${this.#rest}${bytes.toString('utf8', 0, count)}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  #take(text: string): void {
    let line: Line;
    try {
      line = JSON.parse(text);
    } catch {
      return;
    }
    this.lines++;
    const { type, event, bundle } = line;
    // Administration and the node's own services are not in custody for anybody.
    if (bundle === undefined || !/^ipn:\d+\.2-/.test(bundle)) return;
    if (type === 'custody' && event === 'accepted') {
      this.accepted.add(bundle);
      this.held.add(bundle);
    } else if (type === 'custody' && event === 'released') this.held.delete(bundle);
    else if (type === 'bundle' && event === 'sourced' && bundle.startsWith(`ipn:${this.node}.`)) {
      if (this.sourced.has(bundle)) this.reused.push(bundle);
      this.sourced.add(bundle);
      this.held.add(bundle);
    } else if (type === 'bundle' && event === 'expired') {
      this.expired.add(bundle);
      this.held.delete(bundle);
    }
  }
}
