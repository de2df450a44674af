import { describe, expect, it } from 'vitest';
import { secondsToUs, US_PER_SECOND } from '../../src/base/time.js';
import { readPlan } from '../../src/plans/index.js';
import { ContactPlan } from '../../src/routing/index.js';
import { parseScenario } from '../../src/simulator/scenario-resolve.js';
import { planText } from '../../src/soak/case-files.node.js';
import { generateCase } from '../../src/soak/generate.js';
import { PROFILE_NAMES, soakProfile } from '../../src/soak/profiles.js';
import { canComplete } from '../../src/soak/simpler.js';
import type { SoakCase } from '../../src/soak/soak-case.js';

const SEEDS = Array.from({ length: 60 }, (_, at) => at + 1);

const healOf = ({ form }: SoakCase) => (form.faults ?? []).find(({ kind }) => kind === 'heal')?.at ?? Number.NaN;

describe.each(PROFILE_NAMES)('a generated case of the %s profile', (name) => {
  const cases = SEEDS.map((seed) => generateCase(seed, soakProfile(name)));

  it('is the same for the same seed, and another one for another', () => {
    expect(SEEDS.map((seed) => generateCase(seed, soakProfile(name)))).toEqual(cases);
    expect(new Set(cases.map((each) => JSON.stringify({ ...each, seed: 0 }))).size).toBe(cases.length);
  });

  it('is a scenario that can be read, with faults in order', () => {
    for (const { form } of cases) expect(() => parseScenario({ ...form, plan: 'x.ionrc' })).not.toThrow();
  });

  it('has a plan that ION says exactly', () => {
    for (const { contacts = [] } of cases) {
      const { document } = readPlan(planText(contacts), 'x.ionrc');
      const bare = new ContactPlan(document.contacts).contacts.map(
        ({ from, to, startUs, endUs, rateBytesPerSecond, owltUs }) => ({
          from,
          to,
          startUs,
          endUs,
          rateBytesPerSecond,
          owltUs,
        }),
      );
      expect(bare).toEqual(new ContactPlan(contacts).contacts);
    }
  });

  it('goes wrong until it heals, and leads from everybody to everybody afterwards', () => {
    for (const each of cases) {
      const heal = healOf(each);
      expect((each.form.faults ?? []).every(({ at }) => at <= heal)).toBe(true);
      expect(canComplete(each)).toBe(true);
      for (const { endUs } of each.contacts ?? []) {
        expect(endUs <= secondsToUs(heal) || endUs > secondsToUs(heal) + US_PER_SECOND).toBe(true);
      }
    }
  });

  it('has a lifetime beyond the end for all that is to arrive', () => {
    for (const { form } of cases) {
      for (const flow of form.traffic ?? []) {
        if (flow.custody !== true || flow.mayExpire === true) continue;
        expect(flow.lifetimeSeconds).toBeGreaterThan(form.endSeconds as number);
      }
    }
  });
});

describe('the harsh profile', () => {
  it('draws every kind of hardship within 60 seeds', () => {
    const cases = SEEDS.map((seed) => generateCase(seed, soakProfile('harsh')));
    const kinds = new Set(cases.flatMap(({ form }) => (form.faults ?? []).map(({ kind }) => kind)));
    expect([...kinds].sort()).toEqual([
      'clock-drift',
      'clock-step',
      'contact-cancelled',
      'contact-late',
      'contact-slower',
      'forge',
      'heal',
      'link-down',
      'link-up',
      'node-crash',
      'node-down',
      'node-up',
      'store-full',
    ]);
    const nodes = cases.map(({ form }) => form.nodes ?? {});
    expect(nodes.some(({ withoutCustody = [] }) => withoutCustody.length > 0)).toBe(true);
    expect(nodes.some(({ clockless = [] }) => clockless.length > 0)).toBe(true);
    expect(nodes.some(({ statusReports }) => statusReports)).toBe(true);
    const flows = cases.flatMap(({ form }) => form.traffic ?? []);
    expect(flows.some(({ reports = [] }) => reports.length > 0)).toBe(true);
    expect(flows.some(({ compressedReports = [] }) => compressedReports.length > 0)).toBe(true);
    const links = cases.map(({ form }) => form.links ?? {});
    expect(Math.max(...links.map(({ loss = 0 }) => loss))).toBeGreaterThan(0.4);
    expect(links.some(({ bursts }) => bursts !== undefined)).toBe(true);
    expect(links.some(({ delay }) => delay !== undefined)).toBe(true);
    expect(cases.some(({ form }) => (form.traffic ?? []).some(({ mayExpire }) => mayExpire))).toBe(true);
  });
});
