import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ReportPageInput, renderReportPage } from '../../src/simulator/html/report-page.js';
import { MAX_LISTED_WAITS, RunHistory } from '../../src/simulator/html/run-history.js';
import { BUCKETS, TimeScale, TimeSeries } from '../../src/simulator/html/time-buckets.js';
import type { RunEvent, RunReport } from '../../src/simulator/report.js';
import type { Scenario } from '../../src/simulator/scenario.js';
import { loadScenario } from '../../src/simulator/scenario-file.node.js';
import { fakeEngine } from '../cli/fake-engine.js';

async function pageInput(
  file: string,
  change: (scenario: Scenario) => Scenario = (s) => s,
  result?: RunReport['jobs'][number]['result'],
): Promise<ReportPageInput> {
  const scenario = change(await loadScenario(file));
  const history = new RunHistory();
  const { engine } = fakeEngine(result === undefined ? {} : { result });
  const { report, grid, contacts } = await engine(scenario, { onEvent: (event) => history.add(event) });
  return { report, scenario, grid, contacts, history: history.finish(), replay: 'npx leodtn run x.yaml' };
}

const EMPTY: RunReport = {
  scenario: 'nothing',
  seed: 0,
  virtualSeconds: 0,
  wallSeconds: 0,
  jobs: [],
  network: {} as RunReport['network'],
  checks: [],
  traceHash: null,
  interrupted: true,
};

const HOSTILE = `</script><script>document.title='caught'</script><img src=x onerror="document.title='caught'">`;

/** Everything hostile at once. */
async function hostilePage(): Promise<string> {
  const input = await pageInput('scenarios/no-faults.yaml', (s) => ({ ...s, name: HOSTILE, description: HOSTILE }), {
    [HOSTILE]: 1,
  });
  const [job] = input.report.jobs;
  const jobs = [
    job!,
    { ...job!, id: HOSTILE },
    { ...job!, id: 'f', state: 'failed' as const, reason: HOSTILE, result: null },
  ];
  const report = { ...input.report, jobs, checks: [{ name: HOSTILE, ok: false, detail: HOSTILE }], traceHash: HOSTILE };
  const step = { atSeconds: 1, event: 'role-failed', node: 3, job: HOSTILE, role: HOSTILE, index: 1, detail: HOSTILE };
  const wait = { bundle: HOSTILE, node: 1, peer: 2, startSeconds: 0, endSeconds: undefined };
  const history = { ...input.history, steps: [...input.history.steps, step], longestWaits: [wait] };
  return renderReportPage({ ...input, report, history, replay: HOSTILE });
}

/** A plan without a grid, one satellite with many roles and a long number. */
async function busyCircle(): Promise<ReportPageInput> {
  const input = await pageInput('scenarios/plan-file.yaml');
  const all = [2, 3, 4_294_967_294];
  const jobs = input.report.jobs.map((job) => ({ ...job, los: 2, collectors: all, mappers: all, reducer: 2 }));
  return { ...input, report: { ...input.report, jobs } };
}

/** The page without its script. */
const markupOf = (page: string) => page.replace(/<script>.*?<\/script>/s, '');

describe('the report page', () => {
  it('is one file that loads nothing', async () => {
    const page = renderReportPage(await pageInput('scenarios/crossover-wordcount.yaml'));
    expect(page).toMatch(/^<!DOCTYPE html>/);
    expect(page).not.toMatch(/https?:\/\//);
    expect(page).not.toMatch(/<(link|img|iframe|object|embed|base)\b/i);
    expect(page).not.toMatch(/\b(src|href)=/i);
    expect(page).not.toMatch(/url\(|@import/i);
    expect(markupOf(page)).not.toMatch(/NaN|Infinity|undefined/);
    for (const part of [
      'Most frequent of',
      'Phases',
      'Satellites and traffic',
      'Contacts and outages',
      'Counters',
      'Checks',
      'npx leodtn run x.yaml',
    ]) {
      expect(page).toContain(part);
    }
  });

  it('lets no text of a user, a job or a bundle become markup', async () => {
    const page = await hostilePage();
    expect(page).not.toContain('<img');
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(page)?.[1];
    expect(JSON.parse(data!).report.scenario).toBe(HOSTILE);
  });

  it('renders a run of which nothing is known', async () => {
    const scenario = await loadScenario('scenarios/traffic.yaml');
    const base = {
      report: EMPTY,
      scenario,
      grid: undefined,
      contacts: [],
      history: new RunHistory().finish(),
      replay: '',
    };
    const page = renderReportPage({
      ...base,
      report: { ...EMPTY, network: new Proxy(EMPTY.network, { get: () => 0 }) },
    });
    expect(page).toContain('Stopped before its end');
    expect(page).toContain('No contacts were recorded');
    expect(markupOf(page)).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draws a plan without a grid as a circle', async () => {
    const page = renderReportPage(await pageInput('scenarios/plan-file.yaml'));
    expect(page.match(/<circle cx=/g)!.length).toBeGreaterThanOrEqual(8);
    expect(markupOf(page)).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draws the satellites that there are where their numbers lie far apart', async () => {
    const input = await pageInput('scenarios/plan-file.yaml');
    const far = { from: 1, to: 4_294_967_294, startSeconds: 0, endSeconds: 9, interPlane: true };
    const grid = { planes: 390_451_573, satellitesPerPlane: 11 };
    const page = renderReportPage({ ...input, grid, contacts: [...input.contacts, far] });
    expect(page).toContain('[2, 390451573], node 4294967294');
  });

  it('tells the index of a role from its satellite', async () => {
    const page = renderReportPage(await pageInput('scenarios/plan-file.yaml'));
    expect(page).toContain('>collector 1 at 11<');
    expect(page).toContain('>reducer at 30<');
  });

  it('shows delivery with custody and without it apart', async () => {
    const page = renderReportPage(await pageInput('scenarios/traffic.yaml'));
    expect(page).toContain('<span>delivered with custody</span><strong>100 %</strong><small>300 of 300</small>');
    expect(page).toContain('<span>delivered without custody</span><strong>90 %</strong><small>270 of 300</small>');
  });

  it('shows failed jobs, other results and a run stopped early', async () => {
    const input = await pageInput('scenarios/no-faults.yaml', (s) => s, [1, { a: 2 }]);
    const [job] = input.report.jobs;
    const jobs: RunReport['jobs'] = [
      job!,
      { ...job!, result: { files: ['a.bin'] } },
      { ...job!, result: {} },
      { ...job!, state: 'failed' as const, reason: 'no luck', result: null, reducer: null },
    ];
    const page = renderReportPage({ ...input, report: { ...input.report, jobs, interrupted: true } });
    for (const text of ['&quot;a&quot;: 2', 'a.bin', 'An empty map', 'no luck']) expect(page).toContain(text);
  });
});

describe('the history of a run', () => {
  const bundle = (atSeconds: number, event: string, name: string, peer = 2): RunEvent => ({
    atSeconds,
    type: 'bundle',
    event,
    node: 1,
    peer,
    bundle: name,
    bytes: 100,
  });

  it('counts transmissions by link and follows waiting bundles to their end', () => {
    const history = new RunHistory();
    history.add(bundle(1, 'waiting', 'a'));
    history.add(bundle(2, 'waiting', 'b'));
    history.add(bundle(3, 'waiting', 'c', 0));
    history.add(bundle(5, 'transmitted', 'a'));
    history.add(bundle(6, 'retransmitted', 'a'));
    history.add(bundle(7, 'expired', 'c', 0));
    history.add(bundle(9, 'transmitted', 'd'));
    const { links, longestWaits } = history.finish();
    expect(links.find((link) => link.to === 2)).toMatchObject({
      sent: 3,
      again: 1,
      bytes: 300,
      waits: 2,
      longestWaitSeconds: 7,
    });
    expect(longestWaits.map(({ bundle: name, endSeconds }) => [name, endSeconds])).toEqual([
      ['b', undefined],
      ['a', 5],
      ['c', 7],
    ]);
  });

  it('keeps spans of contacts, with those that a fault cut', () => {
    const history = new RunHistory();
    for (const [atSeconds, event] of [
      [0, 'started'],
      [4, 'failed'],
      [6, 'started'],
      [8, 'ended'],
      [9, 'started'],
    ] as const) {
      history.add({ atSeconds, type: 'contact', event, node: 1, peer: 2 });
    }
    expect(history.finish().links[0]?.contacts).toEqual([
      { startSeconds: 0, endSeconds: 4, isFailed: true },
      { startSeconds: 6, endSeconds: 8, isFailed: false },
      { startSeconds: 9, endSeconds: undefined, isFailed: false },
    ]);
  });

  it('stays small however long the run is, and says what it left out', () => {
    const history = new RunHistory();
    for (let i = 0; i < 30_000; i++) {
      history.add({ atSeconds: i, type: 'job', event: 'role-started', node: 1, job: 'j', role: 'mapper', index: i });
      history.add({ atSeconds: i, type: 'contact', event: 'started', node: 1, peer: i + 2 });
      history.add(bundle(i, 'waiting', `b${i}`));
      history.add(bundle(i + 0.5, 'transmitted', `b${i}`));
    }
    const { links, steps, longestWaits, cuts, events } = history.finish();
    expect(events).toBe(120_000);
    expect(links.length).toBeLessThanOrEqual(20_000);
    expect(steps).toHaveLength(5_000);
    expect(longestWaits).toHaveLength(MAX_LISTED_WAITS);
    expect(cuts.join(' ')).toContain('25000 further steps of jobs are not drawn');
    expect(links[0]?.sentOverTime.length).toBeLessThanOrEqual(BUCKETS);
  });

  it('folds buckets of time without losing a count', () => {
    const scale = new TimeScale();
    const early = new TimeSeries(scale);
    const late = new TimeSeries(scale);
    for (let i = 0; i < 1000; i++) early.add(i / 1000);
    late.add(5_000);
    early.add(5_000);
    const sum = (series: TimeSeries) => series.filled().reduce((total, [, count]) => total + count, 0);
    expect([sum(early), sum(late)]).toEqual([1001, 1]);
    expect(scale.widthSeconds * BUCKETS).toBeGreaterThan(5_000);
    expect(early.filled()).toEqual([[0, 1000], late.filled()[0]]);
  });
});

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (CHROMIUM === undefined)
  console.warn('report-page.test.ts: no chromium on this machine, so the page is not opened in a browser');

describe.skipIf(CHROMIUM === undefined)('in a browser (skipped where no chromium is installed)', () => {
  it('opens from disk without an error or a request, takes its slider, and runs nothing hostile', async () => {
    const { chromium } = await import('playwright-core');
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const folder = mkdtempSync(join(tmpdir(), 'leodtn-'));
      const pages = {
        good: renderReportPage(await pageInput('scenarios/crossover-wordcount.yaml')),
        circle: renderReportPage(await busyCircle()),
        hostile: await hostilePage(),
      };
      for (const [name, text] of Object.entries(pages)) {
        const file = join(folder, `${name}.html`);
        writeFileSync(file, text);
        const page = await browser.newPage();
        const problems: string[] = [];
        const requests: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
        });
        page.on('pageerror', (error) => problems.push(String(error)));
        page.on('request', (request) => requests.push(request.url()));
        await page.goto(`file://${file}`);
        expect(await page.title()).not.toBe('caught');
        await page.locator('#moment').fill('20');
        expect(await page.locator('#moment-text').textContent()).toMatch(/ s to .* s, [\d,]+ sent/);
        await page.locator('#moment').fill('0');
        expect(await page.locator('#moment-text').textContent()).toMatch(/^the whole run/);
        expect(problems).toEqual([]);
        expect(requests).toEqual([`file://${file}`]);
        for (const width of [1280, 390, 360]) {
          await page.setViewportSize({ width, height: 800 });
          for (const moment of ['0', '20']) {
            await page.locator('#moment').fill(moment);
            const beyond = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
            expect(beyond, `${name} must not scroll sideways at ${width} px`).toBeLessThanOrEqual(0);
          }
        }
        const overflowing = await page.evaluate(
          "[...document.querySelectorAll('.nodes g')].filter((g) => g.querySelector('text')?.getBBox().width > g.querySelector('circle').getBBox().width).length",
        );
        expect(overflowing, 'letters must stay in their circles').toBe(0);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});
