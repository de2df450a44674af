/** Ways to make a case simpler, the greatest gains first. Each gives cases that are nearer to nothing than the one given, or none. */
import { secondsToUs, usToSeconds } from '../base/time.js';
import type { Contact } from '../routing/index.js';
import type { ScenarioFileForm } from '../simulator/scenario-schema.js';
import type { SoakCase } from './soak-case.js';

/** The simpler forms of a case, of one kind. */
export type Simpler = (soakCase: SoakCase) => readonly SoakCase[];

/** All ways that leave alone what a case needs to be able to complete, in the order in which they are tried. */
const GENTLE: readonly Simpler[] = [
  withFewer('jobs'),
  withFewer('traffic'),
  withFewerFaults,
  withoutNodes,
  withKinderLinks,
  withPlainSettings,
  withFewerContacts,
  withSmallerFlows,
  withSmallerJobs,
  withShorterTexts,
  withEarlierLoad,
];

/** Checkers that say that something did not come to its end. A case with too little time, or too few contacts, would fail them rightly. */
const COMPLETION_CHECKERS: readonly string[] = ['traffic', 'expectations', 'released'];

/** The ways to make a case simpler in which that checker found something. */
export function waysFor(checker: string): readonly Simpler[] {
  if (!COMPLETION_CHECKERS.includes(checker)) return [...GENTLE, withLessTime];
  return GENTLE.map((simpler) => (soakCase) => simpler(soakCase).filter(canComplete));
}

/** Whether after the healing, or at the end where there is none, contacts lead from everybody to everybody. */
export function canComplete({ form, contacts }: SoakCase): boolean {
  if (contacts === undefined) return true;
  const healUs = secondsToUs((form.faults ?? []).find(({ kind }) => kind === 'heal')?.at ?? 0);
  const late = contacts.filter(({ endUs }) => endUs > healUs);
  const nodes = new Set(contacts.flatMap(({ from, to }) => [from, to]));
  for (const node of nodesInUse(form)) if (typeof node === 'number' && !nodes.has(node)) return false;
  const [first] = nodes;
  if (first === undefined) return false;
  const out = reached(
    first,
    late.map(({ from, to }) => [from, to]),
  );
  const back = reached(
    first,
    late.map(({ from, to }) => [to, from]),
  );
  return out.size === nodes.size && back.size === nodes.size;
}

function reached(start: number, links: readonly (readonly [from: number, to: number])[]): Set<number> {
  const found = new Set([start]);
  for (const node of found) for (const [from, to] of links) if (from === node) found.add(to);
  return found;
}

/** A list without a half, a quarter, and so on down to single items. */
export function sublists<T>(items: readonly T[]): T[][] {
  const lists: T[][] = [];
  for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < items.length; at += size) lists.push([...items.slice(0, at), ...items.slice(at + size)]);
  }
  return lists;
}

function changed(soakCase: SoakCase, form: Partial<ScenarioFileForm>): SoakCase {
  return { ...soakCase, form: { ...soakCase.form, ...form } };
}

function withFewer(field: 'jobs' | 'traffic'): Simpler {
  return (soakCase) => {
    const lists = sublists<unknown>(soakCase.form[field] ?? []);
    return lists
      .map((list) => withTextsInUse(changed(soakCase, { [field]: list })))
      .filter(({ form }) => (form.jobs ?? []).length + (form.traffic ?? []).length > 0);
  };
}

function withFewerFaults(soakCase: SoakCase): SoakCase[] {
  const faults = soakCase.form.faults ?? [];
  // The healing stays: without it links would go on losing, and to complete would be too much to ask.
  const heals = faults.filter(({ kind }) => kind === 'heal');
  const others = faults.filter(({ kind }) => kind !== 'heal');
  return sublists(others).map((list) => changed(soakCase, { faults: [...list, ...heals].sort((a, b) => a.at - b.at) }));
}

/** Leaves out nodes that nobody sends to or from, with their contacts and faults. */
function withoutNodes(soakCase: SoakCase): SoakCase[] {
  const { contacts, form } = soakCase;
  if (contacts === undefined) return [];
  const inUse = new Set(nodesInUse(form));
  const nodes = [...new Set(contacts.flatMap(({ from, to }) => [from, to]))].filter((node) => !inUse.has(node));
  return sublists(nodes).map((kept) => {
    const gone = new Set(nodes.filter((node) => !kept.includes(node)));
    return restricted(
      soakCase,
      contacts.filter(({ from, to }) => !gone.has(from) && !gone.has(to)),
    );
  });
}

function nodesInUse({ traffic = [], jobs = [] }: ScenarioFileForm): unknown[] {
  const ofJobs = jobs.flatMap(({ los, aoi, reducer }) => [los, ...(Array.isArray(aoi) ? aoi : []), reducer]);
  return [...traffic.flatMap(({ from, to }) => [from, to]), ...ofJobs];
}

function withFewerContacts(soakCase: SoakCase): SoakCase[] {
  const { contacts } = soakCase;
  if (contacts === undefined || contacts.length < 2) return [];
  return sublists(contacts)
    .filter((list) => list.length > 0)
    .map((list) => restricted(soakCase, list));
}

/** The case with fewer contacts, without the faults of nodes and contacts that are gone and what is said of those nodes. */
function restricted(soakCase: SoakCase, contacts: readonly Contact[]): SoakCase {
  const nodes = new Set<unknown>(contacts.flatMap(({ from, to }) => [from, to]));
  const faults = (soakCase.form.faults ?? []).filter((fault) => {
    if ('node' in fault) return nodes.has(fault.node);
    if (!('from' in fault)) return true;
    const { from, to } = fault;
    if (!('start' in fault)) return nodes.has(from) && nodes.has(to);
    return contacts.some((each) => each.from === from && each.to === to && usToSeconds(each.startUs) === fault.start);
  });
  return { ...changed(soakCase, { ...settingsOf(soakCase.form, nodes), faults }), contacts };
}

/** The settings that name nodes, with those left out that are not there any more: a scenario may not name them. */
function settingsOf(form: ScenarioFileForm, there: ReadonlySet<unknown>): Partial<ScenarioFileForm> {
  const { links, processing, nodes } = form;
  const of = <T>(list: readonly T[], isThere: (item: T) => boolean) => list.filter(isThere);
  return {
    ...(links?.overrides && {
      links: { ...links, overrides: of(links.overrides, ({ from, to }) => there.has(from) && there.has(to)) },
    }),
    ...(processing?.slow && {
      processing: { ...processing, slow: of(processing.slow, ({ node }) => there.has(node)) },
    }),
    ...(nodes && {
      nodes: {
        ...nodes,
        ...(nodes.clockless && { clockless: of(nodes.clockless, (node) => there.has(node)) }),
        ...(nodes.withoutCustody && { withoutCustody: of(nodes.withoutCustody, (node) => there.has(node)) }),
      },
    }),
  };
}

function withKinderLinks(soakCase: SoakCase): SoakCase[] {
  const { links } = soakCase.form;
  if (links === undefined) return [];
  const hardships = Object.keys(links);
  const without = hardships.map((name) => {
    const { [name as keyof typeof links]: _gone, ...rest } = links;
    return changed(soakCase, { links: rest });
  });
  const halved = (['loss', 'corruption', 'duplication'] as const)
    .filter((name) => (links[name] ?? 0) > 0.02)
    .map((name) => changed(soakCase, { links: { ...links, [name]: Math.floor((links[name] as number) * 50) / 100 } }));
  return [changed(soakCase, { links: {} }), ...without, ...halved].filter(({ form }) => !isEqual(form.links, links));
}

/** Without what the defaults are as good as. */
function withPlainSettings(soakCase: SoakCase): SoakCase[] {
  const { form } = soakCase;
  const names = ['processing', 'nodes', 'custody', 'routing', 'store'] as const;
  const cases: SoakCase[] = [];
  for (const name of names) {
    const value = (form as { readonly [field: string]: unknown })[name];
    if (typeof value !== 'object' || value === null) continue;
    const { [name as 'nodes']: _gone, ...rest } = form;
    cases.push({ ...soakCase, form: rest });
    for (const field of Object.keys(value)) {
      const { [field]: _field, ...others } = value as { [field: string]: unknown };
      cases.push(changed(soakCase, { [name]: others }));
    }
  }
  return cases.filter((candidate) => !isEqual(candidate.form, form));
}

function withSmallerFlows(soakCase: SoakCase): SoakCase[] {
  const traffic = soakCase.form.traffic ?? [];
  return traffic.flatMap((flow, at) => {
    const { count = 1, sizeBytes = 1024, priority: _priority, ...plain } = flow;
    const smaller = [
      ...(count > 1
        ? [
            { ...flow, count: Math.floor(count / 2) },
            { ...flow, count: count - 1 },
          ]
        : []),
      ...(sizeBytes > 10 ? [{ ...flow, sizeBytes: Math.max(10, Math.floor(sizeBytes / 4)) }] : []),
      ...(flow.priority === undefined ? [] : [{ ...plain, count, sizeBytes }]),
    ];
    return smaller.map((each) => changed(soakCase, { traffic: replaced(traffic, at, each) }));
  });
}

function withSmallerJobs(soakCase: SoakCase): SoakCase[] {
  const jobs = soakCase.form.jobs ?? [];
  return jobs.flatMap((job, at) => {
    const { collectors = 11 } = job;
    const aoi = Array.isArray(job.aoi) ? job.aoi : [];
    const smaller = [
      ...(collectors > 1 ? [{ ...job, collectors: collectors - 1 }] : []),
      ...aoi
        .map((_, gone) => ({ ...job, aoi: aoi.filter((_, i) => i !== gone) }))
        .filter((each) => each.aoi.length > 0),
    ];
    return smaller.map((each) => changed(soakCase, { jobs: replaced(jobs, at, each) }));
  });
}

function withShorterTexts(soakCase: SoakCase): SoakCase[] {
  return Object.entries(soakCase.texts).flatMap(([name, text]) => {
    const lines = text.split('\n').filter((line) => line !== '');
    if (lines.length < 2) return [];
    const half = `${lines.slice(0, Math.floor(lines.length / 2)).join('\n')}\n`;
    return [{ ...soakCase, texts: { ...soakCase.texts, [name]: half } }];
  });
}

function withEarlierLoad(soakCase: SoakCase): SoakCase[] {
  const { jobs = [], traffic = [] } = soakCase.form;
  return [
    ...jobs.map((job, at) =>
      changed(soakCase, { jobs: replaced(jobs, at, { ...job, at: Math.floor((job.at ?? 0) / 2) }) }),
    ),
    ...traffic.map((flow, at) =>
      changed(soakCase, { traffic: replaced(traffic, at, { ...flow, at: Math.floor((flow.at ?? 0) / 2) }) }),
    ),
  ].filter(({ form }) => !isEqual(form, soakCase.form));
}

/** Ends the run, and every contact and deadline with it, after half the time. */
function withLessTime(soakCase: SoakCase): SoakCase[] {
  const { form, contacts } = soakCase;
  const { endSeconds, jobs = [] } = form;
  if (endSeconds === undefined || contacts === undefined || endSeconds < 2) return [];
  const end = Math.floor(endSeconds / 2);
  const lastUs = secondsToUs(end);
  const cut = contacts
    .filter(({ startUs }) => startUs < lastUs)
    .map((contact) => ({ ...contact, endUs: Math.min(contact.endUs, lastUs) }));
  if (cut.length === 0) return [];
  const sooner = jobs.map((job) => ({ ...job, deadlineSeconds: Math.max(1, end - (job.at ?? 0)) }));
  return [changed(restricted(soakCase, cut), { endSeconds: end, jobs: sooner })];
}

/** The list with another item in one place. */
function replaced<T>(list: readonly T[], at: number, item: T): T[] {
  return list.map((each, i) => (i === at ? item : each));
}

function withTextsInUse(soakCase: SoakCase): SoakCase {
  const names = (soakCase.form.jobs ?? []).map(({ data }) => (data as { filename?: string } | undefined)?.filename);
  const texts = Object.fromEntries(Object.entries(soakCase.texts).filter(([name]) => names.includes(name)));
  return { ...soakCase, texts };
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
