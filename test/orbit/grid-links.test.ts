import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  argumentOfLatitudeRad,
  CrossPlaneLink,
  constellationPlan,
  gridLinks,
  gridLinkWindows,
  LIGHT_KM_PER_S,
  lineOfSightKm,
  nodeNumber,
  periodUs,
  positionKm,
  subSatellitePoint,
  subtractWindows,
  type WalkerShell,
} from '../../src/orbit/index.js';
import { formatIonPlan } from '../../src/plans/index.js';
import { distanceKm, IRIDIUM, orbitVector } from './vectors.js';

const RATE = { rateBytesPerSecond: 1e7 };

/** Contacts of one direction in a plan. */
function contactsOf(shell: WalkerShell, a: number, b: number, crossoverLatitudeDeg: number, horizonUs: number) {
  return constellationPlan(shell, { crossoverLatitudeDeg, horizonUs, ...RATE }).contacts.filter(
    (c) => c.from === a && c.to === b,
  );
}

describe('crossover outages', () => {
  interface Outage {
    readonly lat_threshold_deg: number;
    readonly link: [[number, number], [number, number]];
    readonly off_if_either_above: [number, number][];
    readonly off_if_both_above: [number, number][];
    readonly fraction_off_either: number;
  }
  const { windows, horizon_s } = orbitVector<{ windows: Outage[]; horizon_s: [number, number] }>(
    'iridium-polar-outage',
  );

  it.each(windows.map((w) => [w.lat_threshold_deg, w.link.join(' - '), w] as const))(
    'above %i degrees of %s',
    (latitude, _, vector) => {
      const [a, b] = vector.link.map(([plane, slot]) => nodeNumber(IRIDIUM, slot + 1, plane + 1)) as [number, number];
      const horizonUs = Math.round(horizon_s[1] * 1e6);
      const up = contactsOf(IRIDIUM, a, b, latitude, horizonUs);
      const down: [number, number][] = [];
      let fromUs = 0;
      for (const contact of up) {
        if (contact.startUs > fromUs) down.push([fromUs / 1e6, contact.startUs / 1e6]);
        fromUs = contact.endUs;
      }
      if (fromUs < horizonUs) down.push([fromUs / 1e6, horizonUs / 1e6]);
      expect(down).toHaveLength(vector.off_if_either_above.length);
      down.forEach(([start, end], i) => {
        const [expectedStart, expectedEnd] = vector.off_if_either_above[i] as [number, number];
        // The vector gives microseconds.
        expect(Math.abs(start - expectedStart)).toBeLessThan(2e-6);
        expect(Math.abs(end - expectedEnd)).toBeLessThan(2e-6);
      });
      const off = down.reduce((sum, [start, end]) => sum + end - start, 0) / horizon_s[1];
      expect(off).toBeCloseTo(vector.fraction_off_either, 8);
    },
  );

  it.each(windows.map((w) => [w.lat_threshold_deg, w.link.join(' - '), w] as const))(
    'only while both are above %i degrees of %s',
    (crossoverLatitudeDeg, _, { link, off_if_both_above }) => {
      const [a, b] = link.map(([plane, slot]) => nodeNumber(IRIDIUM, slot + 1, plane + 1)) as [number, number];
      const horizonUs = Math.round(horizon_s[1] * 1e6);
      const limits = { crossoverLatitudeDeg, crossoverEnds: 'both' as const };
      const found = [...gridLinkWindows(IRIDIUM, limits, horizonUs)].find((each) => each.a === a && each.b === b);
      const down = subtractWindows([{ startUs: 0, endUs: horizonUs }], found!.windows);
      expect(down).toHaveLength(off_if_both_above.length);
      down.forEach(({ startUs, endUs }, i) => {
        const [start, end] = off_if_both_above[i] as [number, number];
        expect(Math.abs(startUs / 1e6 - start)).toBeLessThan(2e-6);
        expect(Math.abs(endUs / 1e6 - end)).toBeLessThan(2e-6);
      });
    },
  );
});

describe('constellationPlan', () => {
  it('agrees with a look at every second, in windows and in light time', () => {
    const anyShell = fc.record({
      pattern: fc.constantFrom('delta' as const, 'star' as const),
      planes: fc.integer({ min: 2, max: 5 }),
      satellitesPerPlane: fc.integer({ min: 9, max: 12 }),
      phasing: fc.integer({ min: 0, max: 1 }),
      altitudeKm: fc.integer({ min: 900, max: 1500 }),
      inclinationDeg: fc.double({ min: 20, max: 120, noNaN: true }),
    });
    fc.assert(
      fc.property(
        anyShell,
        fc.double({ min: 5, max: 90, noNaN: true }),
        fc.nat(),
        (shell, crossoverLatitudeDeg, pick) => {
          const horizonSeconds = 7000;
          const plan = constellationPlan(shell, { crossoverLatitudeDeg, horizonUs: horizonSeconds * 1e6, ...RATE });
          const links = gridLinks(shell);
          const { kind, a, b } = links[
            links.length - 1 - (pick % (shell.satellitesPerPlane * (shell.planes - 1)))
          ] as (typeof links)[number];
          const own = plan.contacts.filter((c) => c.from === a && c.to === b);
          const reverse = plan.contacts.filter((c) => c.from === b && c.to === a);
          const windowsOf = (list: typeof own) => list.map((c) => [c.startUs, c.endUs, c.owltUs]);
          const text = () => formatIonPlan(plan);
          if (JSON.stringify(windowsOf(own)) !== JSON.stringify(windowsOf(reverse)))
            throw new Error(`directions differ\n${text()}`);
          for (let second = 0; second < horizonSeconds; second++) {
            const atUs = second * 1e6;
            const apartKm = distanceKm(positionKm(shell, a, atUs), positionKm(shell, b, atUs));
            const high = Math.max(...[a, b].map((node) => Math.abs(subSatellitePoint(shell, node, atUs).latitudeDeg)));
            const sight = lineOfSightKm(shell) - apartKm;
            const below = crossoverLatitudeDeg >= 90 ? 1 : crossoverLatitudeDeg - high;
            const contact = own.find((c) => c.startUs <= atUs && atUs <= c.endUs);
            if (contact !== undefined && (apartKm / LIGHT_KM_PER_S) * 1e6 > contact.owltUs + 1e-3)
              throw new Error(`late light at ${second} s\n${text()}`);
            // At the very edge rounding decides.
            if (Math.abs(sight) < 1e-6 || Math.abs(below) < 1e-6) continue;
            const up = sight > 0 && (kind === 'intra-plane' || below > 0);
            if (up !== (contact !== undefined))
              throw new Error(`link ${a} - ${b} is ${up ? 'up' : 'down'} at ${second} s\n${text()}`);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes the longest light time of a window and no more', () => {
    const horizonUs = Math.round(periodUs(IRIDIUM));
    const [first] = contactsOf(IRIDIUM, 1, 12, 60, horizonUs);
    let longest = 0;
    for (let us = 0; us <= (first?.endUs ?? 0); us += 100_000) {
      longest = Math.max(longest, distanceKm(positionKm(IRIDIUM, 1, us), positionKm(IRIDIUM, 12, us)) / LIGHT_KM_PER_S);
    }
    expect(first?.startUs).toBe(0);
    expect(first?.owltUs).toBeGreaterThanOrEqual(longest * 1e6);
    expect(first?.owltUs).toBeLessThan(longest * 1e6 + 2);
  });

  it('links the last plane of a delta pattern to the first as far ahead as elsewhere', () => {
    const shell: WalkerShell = {
      pattern: 'delta',
      planes: 8,
      satellitesPerPlane: 10,
      phasing: 3,
      altitudeKm: 1200,
      inclinationDeg: 55,
    };
    const wrap = gridLinks(shell).filter(({ a, b }) => a > 70 && b <= 10);
    expect(wrap).toHaveLength(10);
    expect(wrap[0]).toEqual({ kind: 'inter-plane', a: nodeNumber(shell, 1, 8), b: nodeNumber(shell, 4, 1) });
    const link = new CrossPlaneLink(shell, {});
    for (const { a, b } of wrap) {
      for (const atUs of [0, 1000e6, 2500e6]) {
        const apart = distanceKm(positionKm(shell, a, atUs), positionKm(shell, b, atUs));
        expect(apart).toBeCloseTo(link.distanceKm(argumentOfLatitudeRad(shell, a, atUs)), 6);
      }
    }
  });

  it('has no link across the seam of a star pattern', () => {
    const seam = gridLinks(IRIDIUM).filter(({ a, b }) => (a > 55 && b <= 11) || (b > 55 && a <= 11));
    expect(seam).toEqual([]);
  });

  it.each<[string, number, number, number, number]>([
    ['a single plane: its ring', 1, 12, 0, 12],
    ['two planes: each pair once', 2, 12, 0, 36],
    ['two planes out of step: the wrap is another pair', 2, 12, 1, 48],
    ['one satellite in a plane: no ring', 4, 1, 0, 4],
    ['two satellites in a plane: one link, not two', 3, 2, 0, 9],
    ['a lone satellite: nothing', 1, 1, 0, 0],
  ])('counts links of %s', (_, planes, satellitesPerPlane, phasing, count) => {
    const shell: WalkerShell = { ...IRIDIUM, pattern: 'delta', planes, satellitesPerPlane, phasing };
    const links = gridLinks(shell);
    expect(links).toHaveLength(count);
    expect(new Set(links.map(({ a, b }) => `${Math.min(a, b)} ${Math.max(a, b)}`)).size).toBe(count);
  });

  it('has no contact for satellites that never see each other', () => {
    const opposite: WalkerShell = {
      ...IRIDIUM,
      pattern: 'delta',
      planes: 2,
      satellitesPerPlane: 1,
      phasing: 0,
      inclinationDeg: 0,
    };
    expect(constellationPlan(opposite, { crossoverLatitudeDeg: 90, horizonUs: 1e9, ...RATE }).contacts).toEqual([]);
  });

  it('refuses planes whose neighbours the Earth hides, naming distance and limit', () => {
    const thin: WalkerShell = { ...IRIDIUM, satellitesPerPlane: 6 };
    expect(() => constellationPlan(thin, { crossoverLatitudeDeg: 70, horizonUs: 1e9, ...RATE })).toThrow(
      expect.objectContaining({
        code: 'no-line-of-sight',
        message: expect.stringMatching(/7158\.1 km apart.*up to 6174\.6 km/),
      }),
    );
  });

  it.each<[string, object]>([
    ['crossoverLatitudeDeg', { crossoverLatitudeDeg: 0 }],
    ['crossoverLatitudeDeg', { crossoverLatitudeDeg: 91 }],
    ['rateBytesPerSecond', { rateBytesPerSecond: 0 }],
    ['horizonUs', { horizonUs: 0 }],
    ['horizonUs', { horizonUs: 1.5 }],
  ])('refuses a bad %s', (field, change) => {
    const options = { crossoverLatitudeDeg: 70, horizonUs: 1e9, ...RATE, ...change };
    expect(() => constellationPlan(IRIDIUM, options)).toThrow(
      expect.objectContaining({ code: 'bad-plan-options', message: expect.stringContaining(field) }),
    );
  });

  it('gives 10,000 satellites the contacts that their windows make in an orbit', () => {
    const shell: WalkerShell = {
      pattern: 'star',
      planes: 100,
      satellitesPerPlane: 100,
      phasing: 0,
      altitudeKm: 530,
      inclinationDeg: 87,
    };
    const plan = constellationPlan(shell, {
      crossoverLatitudeDeg: 70,
      horizonUs: Math.round(periodUs(shell)),
      ...RATE,
    });
    const starts = new Map<string, number>();
    for (const c of plan.contacts)
      if (c.from < c.to) starts.set(`${c.from} ${c.to}`, (starts.get(`${c.from} ${c.to}`) ?? 0) + 1);
    expect(plan.nodes).toHaveLength(10_000);
    expect(starts.size).toBe(19_900);
    expect([...new Set(starts.values())].sort()).toEqual([1, 2, 3]);
    expect(plan.contacts.length).toBeGreaterThan(70_000);
    expect(plan.contacts.length).toBeLessThan(80_000);
  });
});
