/** Coverage as one SVG file: a map with the area and the ways over the ground of those who cover it, and a row of passes for each. */
import {
  EARTH_RADIUS_KM,
  type EarthArea,
  earthFixedPointOf,
  type GeographicPoint,
  GREENWICH_AT_X,
  geodeticPointOf,
  RAD_PER_DEG,
  Sgp4Orbit,
  shapeOf,
  unwrappedLongitudesDeg,
} from '../../orbit/index.js';
import { formatSeconds } from '../../plans/index.js';
import { escapeXml, fixed, SVG_COLOURS, SVG_STYLE } from '../svg.js';
import { axisTicks } from './chart.js';
import { areaWords, type Coverage, formatTime, totalWords } from './coverage-report.js';

const WIDTH = 1_000;
const MAP_TOP = 70;
const MAP_LEFT = 20;
/** Pixels of a degree on the map. */
const DEGREE = (WIDTH - 2 * MAP_LEFT) / 360;
const MAP_HEIGHT = 180 * DEGREE;
const ROWS_TOP = MAP_TOP + MAP_HEIGHT + 34;
const ROW_HEIGHT = 18;
const LEFT = 190;

/** Satellites that get a row and a track, those who cover first; the rest are counted. */
const MAX_ROWS = 60;

/** Points of a track for each pass, and those of a circle. */
const TRACK_POINTS = 24;
const CIRCLE_POINTS = 120;

/** Passes whose tracks are drawn for each satellite. */
const MAX_TRACKS = 50;

const MAX_LABEL = 24;

/** The picture as text of an SVG file. */
export function coverageSvg(coverage: Coverage): string {
  const { passes, title } = coverage;
  const areas = coverage.areas.map(drawn);
  const covering = [...new Set(passes.map(({ satellite }) => satellite))];
  const rows = covering.slice(0, MAX_ROWS);
  const bottom = ROWS_TOP + ROW_HEIGHT * (rows.length + 1);
  const left = covering.length - rows.length;
  const rest =
    left > 0 ? `<text class="faint" x="20" y="${bottom + 40}">${left} more satellites are left out</text>` : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom + 50}" width="${WIDTH}" height="${bottom + 50}" role="img" aria-label="${escapeXml(`Coverage by ${title}`)}">
<style>
${SVG_STYLE}
  .area { fill: #d55e00; fill-opacity: 0.25; fill-rule: evenodd; } .border { fill: none; stroke: #1f2937; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) { .border { stroke: #e5e7eb; } }
  .track { fill: none; stroke-width: 1.5; } .degrees { font-size: 10px; } .map { fill: none; stroke: #9ca3af; }
</style>
<text class="head" x="20" y="30">${escapeXml(title)}</text>
<text class="faint" x="20" y="50">${escapeXml(`${areaWords(coverage)}. ${totalWords(coverage)}`)}</text>
<clipPath id="map"><rect x="${MAP_LEFT}" y="${MAP_TOP}" width="${fixed(360 * DEGREE)}" height="${fixed(MAP_HEIGHT)}"/></clipPath>
<g clip-path="url(#map)">
${graticule()}
${areas.map(insideSvg).join('\n')}
${rows.map((satellite, i) => tracksSvg(coverage, satellite, colourOf(i))).join('\n')}
${areas.map(borderSvg).join('\n')}
</g>
<rect class="map" x="${MAP_LEFT}" y="${MAP_TOP}" width="${fixed(360 * DEGREE)}" height="${fixed(MAP_HEIGHT)}"/>
${timeline(coverage, rows, bottom)}
${rest}
</svg>
`;
}

function colourOf(row: number): string {
  return SVG_COLOURS[row % SVG_COLOURS.length]!;
}

/** Meridians and parallels with their degrees. */
function graticule(): string {
  const lines: string[] = [];
  const add = (line: Line, degrees: number, [positive, negative]: readonly [string, string], x: number, y: number) => {
    const side = degrees === 0 ? '' : degrees > 0 ? ` ${positive}` : ` ${negative}`;
    const label = `<text class="degrees faint" x="${fixed(x)}" y="${fixed(y)}">${Math.abs(degrees)}${side}</text>`;
    lines.push(`<path class="rule" d="${pathOf(line)}"/>${label}`);
  };
  for (let longitude = -150; longitude <= 150; longitude += 30) {
    const meridian: Line = [
      [90, longitude],
      [-90, longitude],
    ];
    add(meridian, longitude, ['E', 'W'], mapX(longitude) + 3, MAP_TOP + MAP_HEIGHT - 4);
  }
  for (let latitude = -60; latitude <= 60; latitude += 30) {
    const parallel: Line = [
      [latitude, -180],
      [latitude, 180],
    ];
    add(parallel, latitude, ['N', 'S'], MAP_LEFT + 3, mapY(latitude) - 3);
  }
  return lines.join('');
}

function mapX(longitudeDeg: number): number {
  return MAP_LEFT + (longitudeDeg + 180) * DEGREE;
}

function mapY(latitudeDeg: number): number {
  return MAP_TOP + (90 - latitudeDeg) * DEGREE;
}

type Line = readonly (readonly [latitudeDeg: number, longitudeDeg: number])[];

function pathOf(line: Line): string {
  return line
    .map(([latitude, longitude], i) => {
      return `${i === 0 ? 'M' : 'L'}${fixed(mapX(longitude))} ${fixed(mapY(latitude))}`;
    })
    .join('');
}

/** A closed line, or an open one without its way back. */
function lineOf(points: readonly GeographicPoint[], isClosed: boolean): Line {
  const longitudes = unwrappedLongitudesDeg(points);
  const line = longitudes.map((longitude, i) => [points[i % points.length]!.latitudeDeg, longitude] as const);
  return isClosed ? line : line.slice(0, -1);
}

/** A border, and its copies a turn to the west and to the east, of which the map shows what is within it. */
function copies(line: Line): Line[] {
  return [-360, 0, 360].map((turn) => line.map(([latitude, longitude]) => [latitude, longitude + turn] as const));
}

/** A circle that has no border, since it reaches all around the Earth, as the box that it is. */
function drawn(area: EarthArea): EarthArea {
  if (area.kind !== 'circle' || area.radiusKm < Math.PI * EARTH_RADIUS_KM) return area;
  return { kind: 'box', latitudeDeg: [-90, 90], longitudeDeg: [-180, 180] };
}

/** What is inside, under the tracks. */
function insideSvg(area: EarthArea): string {
  return bordersOf(area)
    .map((polygon) => {
      const lines = polygon.flatMap((ring) => copies(closedOnMap(lineOf(ring, true), ring, area)));
      const d = [...lines, ...(isInsideOut(area) ? [WHOLE_MAP] : [])].map(pathOf).join('');
      return `<path class="area" d="${d}"/>`;
    })
    .join('\n');
}

/** The border, over the tracks: of a small area little else is to be seen. */
function borderSvg(area: EarthArea): string {
  const lines = bordersOf(area).flatMap((polygon) => polygon.flatMap((ring) => copies(lineOf(ring, true))));
  return `<path class="border" d="${lines.map(pathOf).join('')}"/>`;
}

/** A border around a pole is a line from one side of the map to the other: what is inside goes on to the edge of the map. */
function closedOnMap(line: Line, ring: readonly GeographicPoint[], area: EarthArea): Line {
  const [first, last] = [line[0]![1], line.at(-1)![1]];
  if (Math.abs(last - first) < 1) return line;
  const enclosed = area.kind === 'circle' ? area : ({ kind: 'polygon', polygons: [[ring]] } as const);
  const pole = shapeOf(enclosed).contains(90, 0) ? 90 : -90;
  return [...line, [pole, last], [pole, first]];
}

/** A circle of more than half the Earth around no pole alone: its border is around what is not in it. */
function isInsideOut(area: EarthArea): boolean {
  if (area.kind !== 'circle') return false;
  const shape = shapeOf(area);
  return shape.contains(90, 0) && shape.contains(-90, 0);
}

/** The map and what lies beside it, where the copies of a border are. */
const WHOLE_MAP: Line = [
  [90, -720],
  [90, 720],
  [-90, 720],
  [-90, -720],
];

function bordersOf(area: EarthArea): readonly (readonly (readonly GeographicPoint[])[])[] {
  switch (area.kind) {
    case 'polygon':
      return area.polygons;
    case 'circle':
      return [[circleBorder(area, area.radiusKm / EARTH_RADIUS_KM)]];
    case 'box': {
      const [south, north] = area.latitudeDeg;
      const [west, east] = area.longitudeDeg;
      const right = west <= east ? east : east + 360;
      // In steps, so that no edge is half a turn long.
      const steps = [0, 1, 2, 3, 4].map((i) => west + ((right - west) * i) / 4);
      const along = (latitudeDeg: number) => steps.map((longitudeDeg) => ({ latitudeDeg, longitudeDeg }));
      return [[[...along(south), ...along(north).reverse()]]];
    }
  }
}

function circleBorder({ latitudeDeg, longitudeDeg }: GeographicPoint, radiusRad: number): GeographicPoint[] {
  const latitude = latitudeDeg * RAD_PER_DEG;
  return Array.from({ length: CIRCLE_POINTS }, (_, i) => {
    const azimuth = (2 * Math.PI * i) / CIRCLE_POINTS;
    const sine =
      Math.sin(latitude) * Math.cos(radiusRad) + Math.cos(latitude) * Math.sin(radiusRad) * Math.cos(azimuth);
    const east = Math.atan2(
      Math.sin(azimuth) * Math.sin(radiusRad) * Math.cos(latitude),
      Math.cos(radiusRad) - Math.sin(latitude) * sine,
    );
    return {
      latitudeDeg: Math.asin(Math.max(-1, Math.min(1, sine))) / RAD_PER_DEG,
      longitudeDeg: longitudeDeg + east / RAD_PER_DEG,
    };
  });
}

/** The ways over the ground during the first passes of a satellite. */
function tracksSvg({ passes, satellites }: Coverage, satellite: number, colour: string): string {
  const { ephemeris, name } = satellites[satellite]!;
  const pointOf = ephemeris instanceof Sgp4Orbit ? geodeticPointOf : earthFixedPointOf;
  const own = passes.filter((pass) => pass.satellite === satellite).slice(0, MAX_TRACKS);
  const path = own
    .flatMap(({ startUs, endUs }) => {
      const points = Array.from({ length: TRACK_POINTS + 1 }, (_, i) => {
        const atUs = startUs + ((endUs - startUs) * i) / TRACK_POINTS;
        return pointOf(ephemeris.positionKm(atUs), atUs, GREENWICH_AT_X);
      });
      return copies(lineOf(points, false)).map(pathOf);
    })
    .join('');
  return `<path class="track" stroke="${colour}" d="${path}"><title>${escapeXml(name)}</title></path>`;
}

function timeline(coverage: Coverage, rows: readonly number[], bottom: number): string {
  const { fromUs, untilUs, passes, satellites, epochUnixUs } = coverage;
  const x = (us: number) => LEFT + ((us - fromUs) / (untilUs - fromUs)) * (WIDTH - LEFT - MAP_LEFT);
  const bar = ({ startUs, endUs }: { startUs: number; endUs: number }, top: number, colour: string, label: string) => {
    const words = `${label}${formatTime(startUs, epochUnixUs)} to ${formatTime(endUs, epochUnixUs)}`;
    // A bar is never too thin to be seen.
    const width = Math.max(1, x(endUs) - x(startUs));
    return `<rect x="${fixed(x(startUs))}" y="${fixed(top + 3)}" width="${fixed(width)}" height="11" fill="${colour}"><title>${escapeXml(words)}</title></rect>`;
  };
  const ticks = axisTicks(fromUs, untilUs, 8).map((us) => {
    const at = fixed(x(us));
    // The label of the last tick would stand out over the edge.
    const anchor = at > WIDTH - MAP_LEFT - 20 ? 'end' : 'middle';
    return `<line class="rule" x1="${at}" x2="${at}" y1="${fixed(ROWS_TOP - 4)}" y2="${fixed(bottom)}"/><text class="faint" x="${at}" y="${fixed(bottom + 18)}" text-anchor="${anchor}">${formatSeconds(us)}</text>`;
  });
  const label = (text: string, top: number) => {
    const shown = text.length > MAX_LABEL ? `${text.slice(0, MAX_LABEL - 3)}...` : text;
    return `<text x="${LEFT - 8}" y="${fixed(top + 13)}" text-anchor="end">${escapeXml(shown)}</text>`;
  };
  const gaps = coverage.totals.gaps.map((gap) => bar(gap, ROWS_TOP, '#9ca3af', 'gap '));
  const lines = rows.map((satellite, i) => {
    const top = ROWS_TOP + ROW_HEIGHT * (i + 1);
    const { name } = satellites[satellite]!;
    const bars = passes.filter((pass) => pass.satellite === satellite).map((pass) => bar(pass, top, colourOf(i), ''));
    return `${label(name, top)}${bars.join('')}`;
  });
  const unit = `<text class="faint" x="20" y="${fixed(bottom + 18)}">time in s</text>`;
  return [...ticks, label('nobody', ROWS_TOP), ...gaps, ...lines, unit].join('\n');
}
