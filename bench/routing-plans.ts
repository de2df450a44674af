/** The plans that the routing bench measures on: two public ones (bench/plans), and +Grid constellations of any size. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { secondsToUs } from '../src/base/time.js';
import { constellationPlan, periodUs, type WalkerShell } from '../src/orbit/index.js';
import { type Contact, ContactPlan } from '../src/routing/index.js';

/** A contact as dtn-tvg-util writes it: sender, receiver, start, end and its generations of (probability, [start, rate, delay]). */
type TvgContact = [string, string, number, number, [number, number, [number, number, number][]][]];

/** A contact as HDTN writes it. */
interface HdtnContact {
  readonly source: number;
  readonly dest: number;
  readonly startTime: number;
  readonly endTime: number;
  readonly rateBitsPerSec: number;
  readonly owlt: number;
}

/** The plan of A-SABR's own bench. Rates are read as A-SABR reads them: the number divides a size. */
export function asabrPlan(): ContactPlan {
  const { edges } = readJson('asabr-sample1.json.gz') as { edges: { contacts: TvgContact[] }[] };
  const contacts = edges.flatMap((edge) => edge.contacts.map(contactOfTvg));
  return new ContactPlan(contacts);
}

/** HDTN's plan of 100 nodes, without the contacts that end before they start. */
export function hdtnPlan(): ContactPlan {
  const { contacts } = readJson('hdtn-100nodes.json.gz') as { contacts: HdtnContact[] };
  return new ContactPlan(contacts.filter(({ startTime, endTime }) => endTime > startTime).map(contactOfHdtn));
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

function readJson(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(new URL(`./plans/${name}`, import.meta.url))).toString('utf8'));
}

function contactOfTvg([from, to, start, end, generations]: TvgContact): Contact {
  const [, rate, delay] = generations[0]![2][0]!;
  return {
    from: Number(from),
    to: Number(to),
    startUs: secondsToUs(start),
    endUs: secondsToUs(end),
    rateBytesPerSecond: rate,
    owltUs: secondsToUs(delay),
  };
}

function contactOfHdtn(contact: HdtnContact): Contact {
  return {
    from: contact.source,
    to: contact.dest,
    startUs: secondsToUs(contact.startTime),
    endUs: secondsToUs(contact.endTime),
    rateBytesPerSecond: contact.rateBitsPerSec / 8,
    owltUs: secondsToUs(contact.owlt),
  };
}
