/**
 * What a run's page needs of its events, gathered while the run goes on and bounded whatever its length: traffic of links in
 * buckets of time, contacts, waits and the steps of jobs. What does not fit is counted and said on the page.
 */
import type { RunEvent } from '../report.js';
import { TimeScale, TimeSeries } from './time-buckets.js';

/** Directed links whose traffic is kept. */
export const MAX_LINKS = 20_000;
/** Spans of contacts that are kept. */
export const MAX_CONTACT_SPANS = 20_000;
/** Steps of jobs that are kept. */
export const MAX_JOB_STEPS = 5_000;
/** Waiting bundles that are followed at one time. */
export const MAX_OPEN_WAITS = 100_000;
/** Longest waits that are listed one by one. */
export const MAX_LISTED_WAITS = 10;

/** A directed link and what crossed it. */
export interface LinkHistory {
  readonly from: number;
  readonly to: number;
  /** Transmissions, repeats included. */
  readonly sent: number;
  readonly again: number;
  readonly bytes: number;
  /** Transmissions by bucket of time. */
  readonly sentOverTime: readonly (readonly [bucket: number, count: number])[];
  /** Bundles that waited for this link. */
  readonly waits: number;
  readonly longestWaitSeconds: number;
  readonly waitsOverTime: readonly (readonly [bucket: number, count: number])[];
  /** When the link was up, as its sending node saw it. */
  readonly contacts: readonly ContactSpan[];
}

/** A time during which a link was up. */
export interface ContactSpan {
  readonly startSeconds: number;
  /** Undefined where it was still up at the end. */
  readonly endSeconds: number | undefined;
  /** Ended by a fault and not by the plan. */
  readonly isFailed: boolean;
}

/** One step of a job. */
export interface JobStep {
  readonly atSeconds: number;
  readonly event: string;
  readonly node: number;
  readonly job: string;
  readonly role: string;
  readonly index: number;
  readonly detail: string;
}

/** A bundle that waited. */
export interface Wait {
  readonly bundle: string;
  readonly node: number;
  /** The next hop that it waited for, 0 for none. */
  readonly peer: number;
  readonly startSeconds: number;
  /** Undefined where it still waited at the end. */
  readonly endSeconds: number | undefined;
}

/** Everything that was gathered. */
export interface History {
  readonly events: number;
  readonly lastSeconds: number;
  /** Width of the buckets of time. */
  readonly bucketSeconds: number;
  readonly links: readonly LinkHistory[];
  readonly steps: readonly JobStep[];
  /** Inputs that roles took: count by `job/role/index/node`. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly longestWaits: readonly Wait[];
  /** Sentences about what was left out. */
  readonly cuts: readonly string[];
}

interface MutableLink {
  readonly from: number;
  readonly to: number;
  sent: number;
  again: number;
  bytes: number;
  readonly overTime: TimeSeries;
  waits: number;
  longest: number;
  waitsOverTime: TimeSeries | undefined;
  readonly contacts: { startSeconds: number; endSeconds: number | undefined; isFailed: boolean }[];
}

/** Gathers the events of one run. */
export class RunHistory {
  readonly #scale = new TimeScale();
  readonly #links = new Map<string, MutableLink>();
  readonly #steps: JobStep[] = [];
  readonly #inputs = new Map<string, number>();
  readonly #open = new Map<string, { at: number; peer: number }>();
  #longest: Wait[] = [];
  #events = 0;
  #last = 0;
  #spans = 0;
  #linksLeftOut = 0;
  #spansLeftOut = 0;
  #stepsLeftOut = 0;
  #waitsLeftOut = 0;

  /** Takes one event; they come in order of time. */
  add(event: RunEvent): void {
    this.#events++;
    if (event.atSeconds > this.#last) this.#last = event.atSeconds;
    if (event.type === 'bundle') this.#addBundle(event);
    else if (event.type === 'contact') this.#addContact(event);
    else if (event.type === 'job') this.#addJob(event);
  }

  /** What was gathered. */
  finish(): History {
    for (const [key, { at, peer }] of this.#open) {
      const split = key.indexOf('|');
      this.#closeWait(key.slice(split + 1), Number(key.slice(0, split)), peer, at, undefined);
    }
    this.#open.clear();
    const links = [...this.#links.values()].map((link) => ({
      from: link.from,
      to: link.to,
      sent: link.sent,
      again: link.again,
      bytes: link.bytes,
      sentOverTime: link.overTime.filled(),
      waits: link.waits,
      longestWaitSeconds: link.longest,
      waitsOverTime: link.waitsOverTime?.filled() ?? [],
      contacts: link.contacts,
    }));
    return {
      events: this.#events,
      lastSeconds: this.#last,
      bucketSeconds: this.#scale.widthSeconds,
      links,
      steps: this.#steps,
      inputs: this.#inputs,
      longestWaits: this.#longest,
      cuts: this.#cuts(),
    };
  }

  #addBundle(event: RunEvent): void {
    const { event: name, node, peer = 0, bundle = '' } = event;
    if (name === 'waiting') {
      const key = `${node}|${bundle}`;
      if (this.#open.has(key)) return;
      if (this.#open.size >= MAX_OPEN_WAITS) this.#waitsLeftOut++;
      else this.#open.set(key, { at: event.atSeconds, peer });
      return;
    }
    const isSent = name === 'transmitted' || name === 'retransmitted';
    if (isSent) {
      const link = this.#link(node, peer);
      if (link !== undefined) {
        link.sent++;
        if (name === 'retransmitted') link.again++;
        link.bytes += event.bytes ?? 0;
        link.overTime.add(event.atSeconds);
      }
    }
    if (this.#open.size > 0 && (isSent || name === 'expired' || name === 'deleted' || name === 'released')) {
      const key = `${node}|${bundle}`;
      const wait = this.#open.get(key);
      if (wait === undefined) return;
      this.#open.delete(key);
      // It may have left over another link than the one that it first waited for.
      this.#closeWait(bundle, node, isSent ? peer : wait.peer, wait.at, event.atSeconds);
    }
  }

  #closeWait(bundle: string, node: number, peer: number, startSeconds: number, endSeconds: number | undefined): void {
    const seconds = (endSeconds ?? this.#last) - startSeconds;
    const link = this.#link(node, peer);
    if (link !== undefined) {
      link.waits++;
      if (seconds > link.longest) link.longest = seconds;
      link.waitsOverTime ??= new TimeSeries(this.#scale);
      link.waitsOverTime.addSpan(startSeconds, endSeconds ?? this.#last);
    }
    const length = (wait: Wait) => (wait.endSeconds ?? this.#last) - wait.startSeconds;
    if (this.#longest.length >= MAX_LISTED_WAITS && seconds <= length(this.#longest.at(-1) as Wait)) return;
    this.#longest.push({ bundle, node, peer, startSeconds, endSeconds });
    this.#longest.sort((a, b) => length(b) - length(a));
    this.#longest = this.#longest.slice(0, MAX_LISTED_WAITS);
  }

  #addContact({ event, node, peer = 0, atSeconds }: RunEvent): void {
    const link = this.#link(node, peer);
    if (link === undefined) return;
    const open = link.contacts.at(-1);
    const isUp = open !== undefined && open.endSeconds === undefined;
    if (event !== 'started') {
      if (isUp) {
        open.endSeconds = atSeconds;
        open.isFailed = event === 'failed';
      }
    } else if (!isUp) {
      if (this.#spans >= MAX_CONTACT_SPANS) this.#spansLeftOut++;
      else {
        this.#spans++;
        link.contacts.push({ startSeconds: atSeconds, endSeconds: undefined, isFailed: false });
      }
    }
  }

  #addJob(event: RunEvent): void {
    const { atSeconds, node, job = '', role = '', index = 0, detail = '' } = event;
    if (event.event === 'role-input') {
      const key = inputKey(job, role, index, node);
      const before = this.#inputs.get(key);
      if (before !== undefined || this.#inputs.size < MAX_JOB_STEPS) this.#inputs.set(key, (before ?? 0) + 1);
    } else if (this.#steps.length >= MAX_JOB_STEPS) this.#stepsLeftOut++;
    else this.#steps.push({ atSeconds, event: event.event, node, job, role, index, detail });
  }

  #link(from: number, to: number): MutableLink | undefined {
    const key = `${from}>${to}`;
    let link = this.#links.get(key);
    if (link !== undefined) return link;
    if (this.#links.size >= MAX_LINKS) {
      this.#linksLeftOut++;
      return undefined;
    }
    const overTime = new TimeSeries(this.#scale);
    link = {
      from,
      to,
      sent: 0,
      again: 0,
      bytes: 0,
      overTime,
      waits: 0,
      longest: 0,
      waitsOverTime: undefined,
      contacts: [],
    };
    this.#links.set(key, link);
    return link;
  }

  #cuts(): string[] {
    const cut = (left: number, what: string, limit: number) =>
      left === 0 ? [] : [`${left} ${what} are not drawn: the page keeps ${limit} of them. events.jsonl has all.`];
    return [
      ...cut(this.#linksLeftOut, 'events on further links', MAX_LINKS),
      ...cut(this.#spansLeftOut, 'further contacts', MAX_CONTACT_SPANS),
      ...cut(this.#stepsLeftOut, 'further steps of jobs', MAX_JOB_STEPS),
      ...cut(this.#waitsLeftOut, 'further waiting bundles', MAX_OPEN_WAITS),
    ];
  }
}

/** The key of a role's inputs in {@link History.inputs}. */
export function inputKey(job: string, role: string, index: number, node: number): string {
  return `${job}/${role}/${index}/${node}`;
}
