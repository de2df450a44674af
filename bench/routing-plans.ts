/** The plans that the routing bench measures on: two public ones (bench/plans), and +Grid constellations of any size. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { constellationPlan, periodUs, type WalkerShell } from '../src/orbit/index.js';
import { type ReadPlanOptions, readPlan } from '../src/plans/index.js';
import { ContactPlan } from '../src/routing/index.js';

/** The plan of A-SABR's own bench. Rates are read as A-SABR reads them: the number divides a size. */
export function asabrPlan(): ContactPlan {
  return readPlanFile('asabr-sample1.json.gz', { rateUnit: 'bytes' });
}

/** HDTN's plan of 100 nodes, without the contacts that end before they start or have no length, which A-SABR does not take. */
export function hdtnPlan(): ContactPlan {
  const { contacts } = readPlanFile('hdtn-100nodes.json.gz', { skipBad: true });
  return new ContactPlan(contacts.filter(({ startUs, endUs }) => endUs > startUs));
}

/** The shell of a +Grid constellation: near-polar and star-shaped, so that it has crossover outages and a seam. */
export function starShell(planes: number, satellitesPerPlane: number): WalkerShell {
  return { pattern: 'star', planes, satellitesPerPlane, phasing: 0, altitudeKm: 780, inclinationDeg: 87 };
}

/** The plan of one orbit of {@link starShell}. */
export function starPlan(planes: number, satellitesPerPlane: number): ContactPlan {
  const shell = starShell(planes, satellitesPerPlane);
  const horizonUs = Math.round(periodUs(shell));
  return constellationPlan(shell, { crossoverLatitudeDeg: 70, rateBytesPerSecond: 1e7, horizonUs });
}

function readPlanFile(name: string, options: ReadPlanOptions): ContactPlan {
  const text = gunzipSync(readFileSync(new URL(`./plans/${name}`, import.meta.url))).toString('utf8');
  return new ContactPlan(readPlan(text, name, options).document.contacts);
}
