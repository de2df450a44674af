/**
 * The file form of a scenario: one zod schema that checks it, fills in defaults and gives the JSON Schema.
 *
 * A `title` says what is expected in the words of an error message; a `description` says what the field means.
 * What zod cannot say about one field alone (satellites inside the constellation, faults in order) is in scenario-resolve.ts.
 */

import { z } from 'zod';
import { MAX_GRID_SIDE, shellFields } from '../constellation/index.js';
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.js';
import type { NetworkCounters } from './report.js';
import { nodesForm, routingForm, securityForm, trafficForm } from './scenario-bundle-forms.js';
import { faultForm, linksForm, storeForm } from './scenario-fault-forms.js';
import { milliseconds, positiveSeconds, satellite, seconds, text } from './scenario-fields.js';

/** Every counter that an `expect.network` block may bound. */
export const NETWORK_COUNTERS = [
  'satellites',
  'contacts',
  'outages',
  'bundlesSourced',
  'bundlesDelivered',
  'transmissions',
  'retransmissions',
  'lost',
  'corrupted',
  'duplicated',
  'reordered',
  'duplicatesSuppressed',
  'expired',
  'deleted',
  'waited',
  'custodyAccepted',
  'custodyReleased',
  'custodyRefused',
  'custodySignals',
  'malformed',
  'bytesTransmitted',
  'bytesDelivered',
  'peakStoredBundles',
  'peakStoredBytes',
  'simulatorEvents',
  'trafficSent',
  'trafficDelivered',
  'trafficMeanDelaySeconds',
  'custodyTrafficSent',
  'custodyTrafficDelivered',
  'statusReports',
  'statusReportsReceived',
  'statusReportsWithheld',
  'statusReportBytesReceived',
  'compressedReports',
  'compressedReportsReceived',
  'compressedReportEvents',
  'compressedReportBytesReceived',
  'reportsUnknown',
  'stateDamaged',
  'adminRecordsIgnored',
  'fragmentsMade',
  'reassembled',
  'fragmentConflicts',
  'fragmentsDropped',
  'allowances',
  'securityApplied',
  'securityVerified',
  'securityFailures',
  'limboUnknownNode',
  'limboNoRoute',
  'limboTooLarge',
  'limboTooLate',
  'limboAvoided',
  'limboNoVolume',
  'pushedOut',
  'criticalCopies',
  'planUpdates',
  'crashes',
  'restarts',
  'bursts',
  'forged',
  'setAside',
] as const satisfies readonly (keyof NetworkCounters)[];

/** The most corners of a polygon in a scenario: enough for a coast as people write it down. */
const MAX_POLYGON_CORNERS = 1_000;

const span = (title: string, description: string, low: number, high: number, whole: boolean) => {
  const bound = whole ? z.int().min(low).max(high) : z.number().min(low).max(high);
  return z.tuple([bound, bound]).meta({ title, description });
};

const latitudeAndLongitude = (description: string) =>
  z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]).meta({
    title: '[latitude, longitude], degrees from -90 to 90 and from -180 to 180',
    description,
  });

const aoiForm = z
  .union([
    z.strictObject({
      sats: span(
        '[min, max], whole numbers from 1',
        'Positions in the plane, both ends included.',
        1,
        MAX_GRID_SIDE,
        true,
      ),
      orbs: span('[min, max], whole numbers from 1', 'Planes, both ends included.', 1, MAX_GRID_SIDE, true),
    }),
    z.strictObject({
      latitude: span('[south, north], degrees from -90 to 90', 'Degrees north.', -90, 90, false),
      longitude: span(
        '[west, east], degrees from -180 to 180',
        'Degrees east; west > east crosses the antimeridian.',
        -180,
        180,
        false,
      ),
    }),
    z.strictObject({
      center: latitudeAndLongitude('The middle of the circle.'),
      radiusKm: z.number().min(0).max(20_100).describe('Radius along the ground, km.'),
    }),
    z.strictObject({
      polygon: z
        .array(latitudeAndLongitude('A corner.'))
        .min(3)
        .max(MAX_POLYGON_CORNERS)
        .describe('Corners in order around the area; edges are straight in latitude and longitude.'),
    }),
    z.array(satellite('A satellite of the area.')).min(1),
  ])
  .meta({
    title:
      '{sats: [min, max], orbs: [min, max]}, {latitude: [south, north], longitude: [west, east]}, {center: [latitude, longitude], radiusKm: km}, {polygon: [[latitude, longitude], ...]} or a list of satellites',
    description:
      'Area of interest: the satellites that collect and map. A grid box, those above a box, circle or polygon on the Earth at the start of the job, or satellites by name. By default the whole constellation.',
  });

const constellationForm = z
  .strictObject({
    ...shellFields,
    crossoverLatitudeDeg: z
      .number()
      .gt(0)
      .max(90)
      .default(60)
      .describe(
        'Inter-plane links are down while either end is above this latitude, north or south; 90 switches that off.',
      ),
  })
  .describe('A Walker constellation with +Grid links. Give this or `plan`.');

const planForm = z
  .union([
    text('Path of the contact plan file.'),
    z.strictObject({
      filename: text('Path of the contact plan file; a relative one is looked up beside the scenario.'),
      satellitesPerPlane: z
        .int()
        .min(1)
        .max(MAX_GRID_SIDE)
        .optional()
        .describe('Where given, satellites may be named [sat, orb]; node = (orb - 1) x satellitesPerPlane + sat.'),
    }),
  ])
  .meta({
    title: 'a file name or {filename, satellitesPerPlane}',
    description:
      'A contact plan file instead of a constellation. Without `satellitesPerPlane`, satellites are node numbers.',
  });

const custodyForm = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Custody transfer for the traffic of jobs.'),
    volatile: z
      .boolean()
      .default(true)
      .describe('Take custody although the store does not outlive its node (store.kind memory).'),
  })
  .prefault({})
  .describe('Custody transfer.');

/** A day: longer than any step of a processor takes, and short enough for a timer. */
const MAX_STEP_LIMIT_SECONDS = 86_400;

const processingForm = z
  .strictObject({
    collectMs: milliseconds('For each record that a collector yields.').default(0.05),
    mapMs: milliseconds('For each step of a mapper.').default(0.05),
    combineMs: milliseconds('For each call of a combiner.').default(0.05),
    reduceMs: milliseconds('For the reduce step.').default(0.05),
    slow: z
      .array(
        z.strictObject({
          node: satellite('A satellite.'),
          factor: z.number().gt(0).max(1_000_000).describe('Its steps cost this many times as much.'),
        }),
      )
      .default([])
      .describe('Satellites with slower processors than the others.'),
    stepLimitSeconds: z
      .number()
      .positive()
      .max(MAX_STEP_LIMIT_SECONDS)
      .default(60)
      .describe('Seconds on the wall clock after which a step of a processor that has not answered counts as failed.'),
  })
  .prefault({})
  .describe('Virtual time that one step of a processor costs.');

const jobForm = z.strictObject({
  at: seconds('When the job is submitted.').default(0),
  los: satellite('The line-of-sight satellite, which coordinates the job. By default [1, 1].').optional(),
  aoi: aoiForm.optional(),
  collectors: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(11)
    .describe(
      'Number of collectors; each has a mapper of its own in the area unless the collector skips the map phase.',
    ),
  collect: text('Collector.').default('doccollector'),
  map: text('Mapper.').default('wordcountmapper'),
  combine: text('Combiner, for collectors that skip the map phase.').default('mergecombiner'),
  reduce: text('Reducer.').default('sumreducer'),
  maxCollectRecords: z.int().min(1).max(1_000_000_000).default(1024).describe('Records in a batch.'),
  data: z
    .unknown()
    .optional()
    .describe(
      "LeoPyMR's job_data, any value, handed to the processors. `filename` in it is a file of the user's, looked up beside the scenario, or package:NAME/path for a file of an installed npm package.",
    ),
  allocator: z
    .enum(['bipartite', 'greedy', 'random'])
    .default('bipartite')
    .describe('How collectors get their mappers: least total cost, cheapest first, or by lot.'),
  reducer: z
    .union([z.enum(['auto', 'los', 'center']), z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])])
    .default('auto')
    .meta({
      title: "'auto', 'los', 'center' or a satellite",
      description:
        'Where to reduce: the cheapest place for all mappers, the LOS satellite, the middle of the mappers, or a satellite.',
    }),
  deadlineSeconds: positiveSeconds('The job fails when it is not done this long after its submission.').default(600),
});

const boundForm = z
  .strictObject({
    min: z.number().optional().describe('Least value that is right.'),
    max: z.number().optional().describe('Greatest value that is right.'),
  })
  .meta({ title: '{min, max}' });

const networkBounds = Object.fromEntries(NETWORK_COUNTERS.map((name) => [name, boundForm.optional()])) as {
  [K in (typeof NETWORK_COUNTERS)[number]]: z.ZodOptional<typeof boundForm>;
};

const expectForm = z
  .strictObject({
    jobs: z.enum(['done', 'failed']).default('done').describe('State that every job must reach.'),
    reason: text('Text that must occur in the reason of every failed job.').optional(),
    deliveryRatio: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('Least share of the plain traffic that must be delivered.'),
    released: z
      .boolean()
      .default(false)
      .describe('Whether in the end no node may hold anything any more; the run goes on until that is so.'),
    network: z.strictObject(networkBounds).prefault({}).describe('Bounds on counters of the report.'),
  })
  .prefault({})
  .describe('What the run is checked against, beside the checkers that always watch.');

/** The schema of a whole scenario file. */
export const scenarioForm = z.strictObject({
  name: text('Name of the scenario; by default the name of its file.').optional(),
  description: z.string().default('').describe('What the scenario shows, in a sentence or two.'),
  seed: z.int().default(1).describe('Seed of all randomness; equal seeds replay equal runs.'),
  constellation: constellationForm.optional(),
  plan: planForm.optional(),
  links: linksForm,
  custody: custodyForm,
  store: storeForm,
  nodes: nodesForm,
  routing: routingForm,
  security: securityForm.optional(),
  processing: processingForm,
  faults: z.array(faultForm).default([]).describe('Faults in order of time.'),
  traffic: z.array(trafficForm).default([]).describe('Flows of plain bundles.'),
  jobs: z.array(jobForm).default([]).describe('SpaceCoMP jobs.'),
  expect: expectForm,
  timeScale: z
    .number()
    .gt(0)
    .max(1_000_000)
    .default(1)
    .describe('Virtual seconds per second of wall-clock time when the run uses real sockets (--udp).'),
  endSeconds: positiveSeconds(
    'The run ends at the latest then, in virtual time; by default after the last deadline.',
  ).optional(),
});

/** A scenario file after zod: defaults filled in, satellites still as written. */
export type ScenarioForm = z.output<typeof scenarioForm>;

/** A scenario as a file may write it: what has a default may be left out. */
export type ScenarioFileForm = z.input<typeof scenarioForm>;

/** A satellite as a file names it. */
export type SatelliteForm = number | readonly [sat: number, orb: number];

let jsonSchema: JsonSchema | undefined;

/** The JSON Schema (draft 2020-12) of a scenario file, for editors and for other programs. */
export function scenarioJsonSchema(): JsonSchema {
  jsonSchema ??= {
    ...jsonSchemaOf(scenarioForm),
    title: 'leodtn scenario',
    description:
      'A world of satellites, what goes wrong in it, and the jobs and traffic that it must carry all the same.',
  };
  return jsonSchema;
}
