/**
 * The file form of one node: one zod schema that checks it, fills in defaults and gives the JSON Schema. A `title` says what is expected
 * in the words of an error message, a `description` what the field means. Files are found, and the plan is read, in
 * config-file.node.ts.
 */
import { z } from 'zod';
import { DEFAULT_LIMITS } from '../agent/index.js';
import { MAX_DATAGRAM_BYTES } from '../convergence/udpcl.js';
import { type JsonSchema, jsonSchemaOf } from '../documents/json-schema.js';
import { MAX_NODE } from '../routing/index.js';
import { STREAM_SERVICE, TRAFFIC_SERVICE } from '../runtime/node.js';
import { DEFAULT_RESERVE_BYTES } from '../runtime/store/space.js';
import { parseHostPort } from './host-port.js';

/** Bytes in the mailbox unless told otherwise, and files. */
const DEFAULT_MAILBOX_BYTES = 1024 * 1024 * 1024;
const DEFAULT_MAILBOX_FILES = 10_000;

/** Bytes of held bundles in memory: what a fast link sends during some flushes. A node is to run in 64 MiB beside its code. */
const DEFAULT_STORE_MEMORY_BYTES = 8 * 1024 * 1024;

/** The least datagram size that leaves room for a payload of some use. */
const MIN_BUNDLE_BYTES = 1_024;

/** Levels of the log, the most talkative first. */
export const NODE_LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const text = (description: string) => z.string().min(1).describe(description);
const folder = (description: string) => z.string().min(1).meta({ title: 'the name of a folder', description });
const share = (description: string) =>
  z.number().min(0).max(1).meta({ title: 'a share from 0 to 1, such as 0.75', description });
const count = (description: string) => z.int().min(1).describe(description);
const service = (description: string) =>
  z
    .int()
    .min(2)
    .max(4_294_967_295)
    .refine((value) => value !== STREAM_SERVICE)
    .meta({
      title: 'a service number of at least 2 and not 3 (0 is for administration, 1 for jobs, 3 for byte streams)',
      description,
    });
const hostPort = (description: string) =>
  z
    .string()
    .refine((value) => parseHostPort(value) !== undefined)
    .meta({
      title: 'an address and a port such as 127.0.0.1:4556, relay.example.org:4556 or [::1]:4556',
      description,
    });
const modules = (what: string) =>
  z.array(text(`Path of a module with a ${what}, as jobs name it; relative to this file.`)).default([]);

const peers = z.record(z.string().regex(/^[1-9]\d{0,9}$/), hostPort('Where the neighbour listens.')).meta({
  title: 'a mapping from node numbers to addresses with ports, such as 2: 10.0.0.2:4556',
  description: 'Where neighbours listen, by node number. A name that cannot be resolved is tried again for ever.',
});

const plan = z.strictObject({
  filename: text('Contact plan of the whole network, of any known format, gzip or not; relative to this file.'),
  epoch: text(
    'The date of second 0 of the plan, such as 2026-11-24T21:00:00Z; needed where the plan gives none. All nodes need the same.',
  ).optional(),
});

const store = z.strictObject({
  kind: z
    .enum(['durable', 'memory'])
    .default('durable')
    .describe('durable: bundles survive restarts. memory: what is held when the node stops is lost.'),
  folder: folder('Where the durable store is kept; relative to this file.').default('store'),
  bundles: count('Bundles held, administrative ones apart; beyond it the node refuses.').default(
    DEFAULT_LIMITS.storedBundles,
  ),
  bytes: count('Bytes held, administrative bundles apart.').default(DEFAULT_LIMITS.storedBytes),
  sourceBundles: count(
    'Bundles held of one source node, administrative ones apart; sources that are no node count as one. No limit unless given.',
  ).optional(),
  sourceBytes: count('Bytes held of one source node, in the same way. No limit unless given.').optional(),
  bulkShare: share(
    'Share of bundles and of bytes that bulk bundles may fill; the rest is kept for what is more urgent.',
  ).default(DEFAULT_LIMITS.bulkShare),
  standardShare: share(
    'Share that bulk and standard bundles may fill together; the rest is kept for expedited ones.',
  ).default(DEFAULT_LIMITS.standardShare),
  reserveBytes: count(
    'Disk space that is kept for administrative bundles and for removals: where no more is left, other bundles are refused.',
  ).default(DEFAULT_RESERVE_BYTES),
  memoryBytes: count(
    'Bytes of held bundles that stay in memory; the others are read from the disk when they leave.',
  ).default(DEFAULT_STORE_MEMORY_BYTES),
});

const custody = z.strictObject({
  accepts: z
    .boolean()
    .optional()
    .describe('Take custody of bundles of other nodes; by default with a durable store, and not without one.'),
});

const mailbox = z.strictObject({
  folder: folder('Where data units for applications are put, a file each; relative to this file.').default('mailbox'),
  services: z.array(service('A service whose data units are taken in.')).min(1).default([TRAFFIC_SERVICE]),
  bytes: count('Bytes in the mailbox; beyond it data units wait in the store.').default(DEFAULT_MAILBOX_BYTES),
  files: count('Files in the mailbox.').default(DEFAULT_MAILBOX_FILES),
});

/** What a node file may say. */
export const nodeForm = z.strictObject({
  node: z.int().min(1).max(MAX_NODE).describe('Number of this node: its endpoints are ipn:NODE.SERVICE.'),
  listen: hostPort('Address and port of its UDP socket.'),
  peers,
  plan,
  store: store.prefault({}),
  custody: custody.prefault({}),
  mailbox: mailbox.prefault({}),
  control: text(
    'Socket for leodtn send, receive, ledger and status; relative to this file. By default control.sock in the store folder.',
  ).optional(),
  statusReports: z.boolean().default(false).describe('Send the status reports that bundles ask for.'),
  maxBundleBytes: z
    .int()
    .min(MIN_BUNDLE_BYTES)
    .max(MAX_DATAGRAM_BYTES)
    .default(MAX_DATAGRAM_BYTES)
    .describe('The longest datagram that the links take.'),
  processors: z
    .strictObject({
      collect: modules('collector'),
      map: modules('mapper'),
      combine: modules('combiner'),
      reduce: modules('reducer'),
    })
    .prefault({})
    .describe('Processors beside the built-in ones that jobs may use on this node.'),
  log: z.enum(NODE_LOG_LEVELS).default('info').describe('What is logged, as JSON lines on standard error.'),
});

/** A node file after its check, every default filled in. */
export type NodeForm = z.infer<typeof nodeForm>;

/** The JSON Schema of a node file. */
export function nodeJsonSchema(): JsonSchema {
  return jsonSchemaOf(nodeForm);
}
