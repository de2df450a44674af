/** Every scenario of the folder holds as it stands. Those with a thousand satellites and more are left to the benchmark. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fly, SCENARIOS } from './fly.js';

const all = readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml') && !name.includes('thousand-satellites'));

describe('a scenario holds', () => {
  it('wherever there is one', () => expect(all.length).toBeGreaterThanOrEqual(7));

  it.each(all)('%s', async (name) => {
    const { report, planText, contacts } = await fly(join(SCENARIOS, name));
    for (const job of report.jobs) expect(job).toMatchObject({ state: 'done', reason: null });
    expect(report.checks.map((check) => check.name)).toContain('expectations of the scenario');
    expect(report.interrupted).toBe(false);
    expect(report.traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(contacts.length).toBeGreaterThan(0);
    expect(planText).toContain('a contact');
  });
});
