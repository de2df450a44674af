/** Coverage as text and as JSON. */
import { usToSeconds } from '../../base/time.js';
import type { CoverageOptions, CoveragePass, CoverageTotals, EarthArea, Ephemeris, Window } from '../../orbit/index.js';
import { formatIsoTime, formatSeconds } from '../../plans/index.js';
import { count, duration, plural, printable } from '../style.js';

/** A satellite that may cover the area. */
export interface CoveringSatellite {
  readonly name: string;
  /** Its number in a constellation, or its place in the list of elements from 1. */
  readonly node: number;
  readonly catalogueNumber: number | undefined;
  readonly ephemeris: Ephemeris;
}

/** What a search found. */
export interface Coverage extends CoverageOptions {
  readonly title: string;
  readonly satellites: readonly CoveringSatellite[];
  /** The date of time 0, where there is one. */
  readonly epochUnixUs: number | undefined;
  readonly areas: readonly EarthArea[];
  /** By start. */
  readonly passes: readonly CoveragePass[];
  readonly totals: CoverageTotals;
  readonly remarks: readonly string[];
}

/** Everything as one object; times in seconds from time 0. */
export function coverageJson(coverage: Coverage): object {
  const { title, satellites, epochUnixUs, areas, fromUs, untilUs, swathKm, minElevationDeg, passes, totals } = coverage;
  const span = ({ startUs, endUs }: Window) => ({ start: usToSeconds(startUs), end: usToSeconds(endUs) });
  return {
    source: title,
    satellites: satellites.length,
    epoch: epochUnixUs === undefined ? null : formatIsoTime(epochUnixUs),
    from: usToSeconds(fromUs),
    until: usToSeconds(untilUs),
    areas,
    swathKm: swathKm ?? null,
    minElevationDeg: minElevationDeg ?? null,
    passes: passes.map((pass) => {
      const { name, node, catalogueNumber } = satellites[pass.satellite]!;
      return { satellite: name, node, catalogueNumber: catalogueNumber ?? null, ...span(pass) };
    }),
    totals: {
      passes: totals.passes,
      satellites: coveringCount(coverage),
      coveredSeconds: usToSeconds(totals.coveredUs),
      coveredShare: totals.coveredShare,
      longestGapSeconds: usToSeconds(totals.longestGapUs),
      meanGapSeconds: usToSeconds(totals.meanGapUs),
      meanRevisitSeconds: totals.meanRevisitUs === undefined ? null : usToSeconds(totals.meanRevisitUs),
    },
    gaps: totals.gaps.map(span),
    remarks: coverage.remarks,
  };
}

/** A line a pass, sorted by start, then what they come to. */
export function* coverageLines(coverage: Coverage, svg: string | undefined): Generator<string> {
  const { title, satellites, epochUnixUs, fromUs, untilUs, passes, totals } = coverage;
  const date = epochUnixUs === undefined ? '' : `; time 0 is ${formatIsoTime(epochUnixUs)}`;
  yield `${printable(title)}: ${plural(satellites.length, 'satellite')}; ${areaWords(coverage)}\n`;
  yield `${formatSeconds(fromUs)} to ${formatSeconds(untilUs)} s${date}\n\n`;
  if (passes.length === 0) yield 'No satellite covers the area in that time.\n';
  else {
    const width = Math.max(14, formatTime(untilUs, epochUnixUs).length);
    yield `${'from'.padEnd(width)}  ${'to'.padEnd(width)}  ${'for'.padEnd(9)}  satellite\n`;
    for (const { startUs, endUs, satellite } of passes) {
      const times = [startUs, endUs].map((us) => formatTime(us, epochUnixUs).padEnd(width));
      const length = `${((endUs - startUs) / 1e6).toFixed(1)} s`.padEnd(9);
      yield `${times.join('  ')}  ${length}  ${printable(satellites[satellite]!.name)}\n`;
    }
  }
  yield `\n${totalWords(coverage)}\n`;
  if (totals.gaps.length > 0) {
    const longest = totals.gaps.reduce((a, b) => (b.endUs - b.startUs > a.endUs - a.startUs ? b : a));
    const from = formatTime(longest.startUs, epochUnixUs);
    yield `Longest gap ${duration(usToSeconds(totals.longestGapUs))} from ${from}, on average ${duration(usToSeconds(totals.meanGapUs))} in ${plural(totals.gaps.length, 'gap')}.\n`;
  }
  if (totals.meanRevisitUs !== undefined) {
    yield `A covered stretch begins every ${duration(usToSeconds(totals.meanRevisitUs))} on average.\n`;
  }
  if (svg !== undefined) yield `The picture is in ${svg}\n`;
}

/** How much is covered, in a sentence. */
export function totalWords(coverage: Coverage): string {
  const { totals, satellites } = coverage;
  const share = `${(100 * totals.coveredShare).toFixed(1)} %`;
  const who = `${count(coveringCount(coverage))} of ${plural(satellites.length, 'satellite')}`;
  return `Covered ${share} of the time, in ${count(totals.passes)} ${totals.passes === 1 ? 'pass' : 'passes'} by ${who}.`;
}

/** The area and what covering it means, in words. */
export function areaWords({ areas, swathKm, minElevationDeg }: Coverage): string {
  const words = areas.map(wordsOf);
  const shown = words.length > 3 ? [...words.slice(0, 3), `${words.length - 3} more areas`] : words;
  const swath = swathKm === undefined ? '' : `, swath ${swathKm} km`;
  const elevation = minElevationDeg === undefined ? '' : `, elevation from ${minElevationDeg} degrees`;
  return `${shown.join(' and ')}${swath}${elevation}`;
}

function wordsOf(area: EarthArea): string {
  switch (area.kind) {
    case 'box':
      return `box ${area.latitudeDeg[0]} to ${area.latitudeDeg[1]} N, ${area.longitudeDeg[0]} to ${area.longitudeDeg[1]} E`;
    case 'circle':
      return `circle of ${area.radiusKm} km around ${area.latitudeDeg} N, ${area.longitudeDeg} E`;
    case 'polygon':
      return area.polygons.length === 1 ? 'a polygon' : `${count(area.polygons.length)} polygons`;
  }
}

/** A date to the millisecond where dates are known, else seconds. */
export function formatTime(us: number, epochUnixUs: number | undefined): string {
  if (epochUnixUs === undefined) return `${(us / 1e6).toFixed(3)} s`;
  const text = formatIsoTime(Math.round((epochUnixUs + us) / 1000) * 1000).slice(0, -1);
  return `${text.includes('.') ? text.padEnd(23, '0') : `${text}.000`}Z`;
}

function coveringCount({ passes }: Coverage): number {
  return new Set(passes.map(({ satellite }) => satellite)).size;
}
