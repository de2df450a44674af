/**
 * The file form of a constellation: one zod schema that checks it, fills in defaults and gives the JSON Schema. A `title` says
 * what is expected in the words of an error message, a `description` what the field means. What zod cannot say about one field
 * alone is in resolve.ts.
 */
import { z } from 'zod';
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.js';
import { linkForm } from './link-form.js';
import { shellFields } from './shell-form.js';

/** The longest plan, in seconds: a year. */
export const MAX_HORIZON_SECONDS = 31_622_400;

/** The most shells, groups of satellites read from files, and rules of each kind. */
export const MAX_SECTIONS = 1_000;

/** The most ground stations: each is looked at with every satellite. */
export const MAX_STATIONS = 1_000;

/** Rate of links between satellites where a file gives none, bytes/s. */
export const DEFAULT_SATELLITE_BYTES_PER_SECOND = 10_000_000;

/** Rate of links to the ground where a file gives none, bytes/s. */
export const DEFAULT_GROUND_BYTES_PER_SECOND = 10_000_000;

const name = (description: string) =>
  z
    .string()
    .regex(/^[^\s"'#,;[\]{}]{1,64}$/)
    .meta({ title: 'a name without spaces, quotes, brackets, commas or #, at most 64 characters', description });
const seconds = (description: string) => z.number().min(0).max(MAX_HORIZON_SECONDS).describe(description);
const positiveSeconds = (description: string) => z.number().gt(0).max(MAX_HORIZON_SECONDS).describe(description);
const latitude = (description: string) => z.number().gt(0).max(90).describe(description);
const ends = (field: string) =>
  z
    .enum(['either', 'both'])
    .default('either')
    .describe(`Whether a link is down while either end is above ${field}, or only while both are.`);
const turning = (description: string) => z.number().gt(0).max(360).describe(description);
const nodeNumber = (description: string) => z.int().min(1).max(4_294_967_294).describe(description);

/** A node as a file names it. */
const nodeName = (description: string) =>
  z.union([z.string().min(1), z.int().min(1)]).meta({ title: 'the name or the number of a node', description });

const shellForm = z.strictObject({
  name: name('Name of the shell; its satellites are NAME-pORB-sSAT.'),
  firstNode: nodeNumber('Number of its first satellite; by default that after the last number given out.').optional(),
  ...shellFields,
  intraPlane: z.boolean().default(true).describe('Links fore and aft in a plane.'),
  interPlane: z.boolean().default(true).describe('Links to the adjacent planes.'),
  seam: z
    .boolean()
    .default(false)
    .describe('For a star: links of equal index across the seam, where planes go opposite ways. See also nearest.'),
  crossoverLatitudeDeg: latitude(
    'Inter-plane links are down while either end is above this latitude, north or south; 90 switches that off.',
  ).default(90),
  crossoverEnds: ends('crossoverLatitudeDeg'),
  crossoverRateDegPerS: turning(
    'Inter-plane links are down while an antenna at either end would have to turn faster than this in the local orbital frame.',
  ).optional(),
});

const satellitesForm = z.strictObject({
  name: name('Name of the group, for stations and nearest.'),
  firstNode: nodeNumber('Number of its first satellite; by default that after the last number given out.').optional(),
  tle: z.string().min(1).describe('File of two-line elements, beside the constellation.').optional(),
  omm: z.string().min(1).describe('File of orbit mean-elements messages (XML, KVN, JSON or CSV).').optional(),
});

const stationForm = z.strictObject({
  name: name('Name of the station.'),
  node: nodeNumber('Its number; by default that after the last number given out.').optional(),
  latitudeDeg: z.number().min(-90).max(90).describe('North positive.'),
  longitudeDeg: z.number().min(-180).max(180).describe('East positive.'),
  altitudeKm: z.number().min(-1).max(100).default(0).describe('Above the sphere of the Earth.'),
  minElevationDeg: z.number().min(0).max(90).default(10).describe('A satellite is seen from this elevation on.'),
  sees: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Names of the shells and groups that it has links to; by default all.'),
});

const nearestForm = z
  .strictObject({
    between: z.tuple([z.string(), z.string()]).meta({
      title: '[NAME, NAME], two shells or groups, or one twice',
      description: 'Links between the satellites of these; one name twice for links within it.',
    }),
    seam: z
      .boolean()
      .default(false)
      .describe('Within a star: only between its last plane and its first, which go opposite ways.'),
    terminals: z.int().min(1).max(16).default(1).describe('How many of these links a satellite has at once.'),
    everySeconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(60)
      .describe('Satellites choose anew this often; a link chosen is up until then, while it can be.'),
    keepFactor: z
      .number()
      .min(1)
      .max(100)
      .default(1.2)
      .describe(
        'A link that is up counts as this many times nearer than it is, so that links do not change for little.',
      ),
    maxRangeKm: z.number().gt(0).max(1e6).describe('No link is longer.').optional(),
    maxLatitudeDeg: latitude('Links are down while either end is above this latitude.').default(90),
    maxLatitudeEnds: ends('maxLatitudeDeg'),
    maxRateDegPerS: turning('Links are down while an antenna at either end would have to turn faster.').optional(),
  })
  .describe('Links to whatever is nearest, chosen anew every so often.');

const maintenanceForm = z
  .strictObject({
    node: nodeName('The satellite or station.').optional(),
    link: z
      .tuple([nodeName('One end.'), nodeName('The other end.')])
      .optional()
      .meta({ title: '[NODE, NODE]', description: 'The link, both directions.' }),
    from: seconds('Beginning, in seconds from t = 0.'),
    until: seconds('End.'),
    everySeconds: positiveSeconds('Again after this, for as long as the plan goes on.').optional(),
  })
  .meta({
    title: '{node, from, until} or {link: [NODE, NODE], from, until}, with everySeconds to repeat it',
    description: 'A planned time without contacts.',
  });

const outageForm = (what: string) =>
  z
    .strictObject({
      meanBetweenSeconds: positiveSeconds('Mean time from the end of one to the beginning of the next.'),
      meanDurationSeconds: positiveSeconds('Mean duration.'),
    })
    .describe(`Random outages of ${what}, exponentially distributed, drawn from the seed.`)
    .optional();

/** The schema of a whole constellation file. */
export const constellationForm = z.strictObject({
  name: name('Name of the constellation; by default the name of its file.').optional(),
  description: z.string().default('').describe('What it is, in a sentence or two.'),
  seed: z.int().default(1).describe('Seed of the random outages.'),
  horizonSeconds: positiveSeconds(
    'The plan runs from 0 to this; by default one revolution of the first shell, or a day without one.',
  ).optional(),
  epoch: z.string().optional().meta({
    title: 'a time such as 2026-06-15T00:00:00Z',
    description: 'The date of t = 0; by default that of the latest elements where there are any.',
  }),
  atmosphereKm: z
    .number()
    .min(0)
    .max(1_000)
    .default(80)
    .describe('Lines of sight between satellites stay this far above the Earth.'),
  shells: z.array(shellForm).max(MAX_SECTIONS).default([]).describe('Walker shells with +Grid links.'),
  satellites: z.array(satellitesForm).max(MAX_SECTIONS).default([]).describe('Satellites by their elements.'),
  stations: z.array(stationForm).max(MAX_STATIONS).default([]).describe('Ground stations.'),
  nearest: z.array(nearestForm).max(MAX_SECTIONS).default([]).describe('Nearest-neighbour links.'),
  links: z
    .strictObject({
      satellite: linkForm(DEFAULT_SATELLITE_BYTES_PER_SECOND).prefault({}).describe('Links between satellites.'),
      ground: linkForm(DEFAULT_GROUND_BYTES_PER_SECOND).prefault({}).describe('Links to stations.'),
    })
    .prefault({})
    .describe('How fast and how far links are.'),
  maintenance: z.array(maintenanceForm).max(100_000).default([]).describe('Planned times without contacts.'),
  outages: z
    .strictObject({
      satellites: outageForm('each satellite'),
      stations: outageForm('each station'),
      satelliteLinks: outageForm('each link between satellites'),
      groundLinks: outageForm('each link to a station'),
    })
    .prefault({})
    .describe('Random times without contacts.'),
});

/** A constellation file after zod: defaults filled in, names still as written. */
export type ConstellationForm = z.output<typeof constellationForm>;

let jsonSchema: JsonSchema | undefined;

/** The JSON Schema (draft 2020-12) of a constellation file, for editors and for other programs. */
export function constellationJsonSchema(): JsonSchema {
  jsonSchema ??= {
    ...jsonSchemaOf(constellationForm),
    title: 'leodtn constellation',
    description: 'Satellites, stations and their links, of which a contact plan is made.',
  };
  return jsonSchema;
}
