/** Reads the file of one node, finds what it names, and reads its contact plan. */
import { isIP, isIPv6 } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../base/errors.js';
import { findFile, readDocument } from '../documents/files.node.js';
import { FieldProblem, inWords, problemOf } from '../documents/problem.js';
import { parseAssignment } from '../documents/set-path.js';
import { withoutNulls, YamlSource } from '../documents/yaml-source.js';
import { type FlyablePlan, readFlyablePlan } from '../plans/flyable-plan.node.js';
import { parseIsoTime } from '../plans/index.js';
import { type NodeForm, nodeForm, nodeJsonSchema } from './form.js';
import { type HostPort, parseHostPort } from './host-port.js';

/** The longest path of a socket that Linux and macOS bind to, in bytes; theirs are 107 and 103. */
const MAX_SOCKET_PATH_BYTES = 103;

/** All that a node is told, with absolute paths. */
export interface NodeConfig extends Omit<NodeForm, 'listen' | 'peers' | 'plan' | 'control'> {
  /** The folder of the file: names of processors are relative to it. */
  readonly baseFolder: string;
  readonly listen: HostPort;
  /** The version of the Internet Protocol, by the address that it listens on. */
  readonly ipVersion: 4 | 6;
  readonly peers: ReadonlyMap<number, HostPort>;
  /** Absolute path of the contact plan. */
  readonly planFile: string;
  /** `plan.epoch`, in microseconds since 1970-01-01T00:00:00Z; undefined where the file does not say. */
  readonly epochUnixUs: number | undefined;
  /** Path of the control socket; on Windows the name of a pipe. */
  readonly control: string;
}

/** A node's contact plan and when it begins. */
export interface NodePlan extends FlyablePlan {
  /** Microseconds since 1970-01-01T00:00:00Z. */
  readonly epochUnixUs: number;
}

/** The node in `file`, with `path=value` each in `set`. Throws an InputFileError that names file, line, field and what was expected. */
export async function loadNodeConfig(file: string, set: readonly string[] = []): Promise<NodeConfig> {
  const text = await readDocument(file, 'a node in YAML');
  const source = new YamlSource(file, text, { expected: 'a mapping of fields such as node, listen, peers and plan' });
  for (const each of set) source.override(parseAssignment(each));
  const form = source.read(parseNodeForm);
  try {
    return await resolveConfig(form, dirname(resolve(file)));
  } catch (thrown) {
    throw source.placed(thrown);
  }
}

/** Checks what a node file holds and fills in every default. Throws a {@link FieldProblem}. */
export function parseNodeForm(value: unknown): NodeForm {
  const given = withoutNulls(value, () => false);
  const parsed = nodeForm.safeParse(given);
  if (!parsed.success) throw problemOf(parsed.error.issues, given, nodeJsonSchema());
  return parsed.data;
}

/**
 * The node's contact plan. Throws an InputFileError for a file that is no plan, and a UsageError where it names this node in no
 * contact, or where nobody says when it begins.
 */
export async function readNodePlan(config: NodeConfig): Promise<NodePlan> {
  const read = await readFlyablePlan(config.planFile);
  const epochUnixUs = config.epochUnixUs ?? read.epochUnixUs;
  if (epochUnixUs === undefined) {
    throw new UsageError(
      'no-epoch',
      `${config.planFile}: the plan's times are relative and it gives no date; add plan.epoch to the node file, such as epoch: 2026-11-24T21:00:00Z, the same for all nodes`,
    );
  }
  if (!read.plan.nodes.includes(config.node)) {
    throw new UsageError(
      'unknown-node',
      `${config.planFile}: no contact names node ${config.node}; expected a plan of the network that this node is in`,
    );
  }
  return { ...read, epochUnixUs };
}

async function resolveConfig(form: NodeForm, base: string): Promise<NodeConfig> {
  const { listen, peers, plan, control, store, mailbox, ...rest } = form;
  const address = parseHostPort(listen) as HostPort;
  const ipVersion = isIPv6(address.host) ? 6 : 4;
  const storeFolder = resolve(base, store.folder);
  return {
    ...rest,
    baseFolder: base,
    listen: address,
    ipVersion,
    peers: resolvePeers(peers, form.node, ipVersion),
    planFile: await findFile(plan.filename, base, ['plan', 'filename'], 'a contact plan'),
    epochUnixUs: resolveEpoch(plan.epoch),
    store: { ...store, folder: storeFolder },
    mailbox: { ...mailbox, folder: resolve(base, mailbox.folder) },
    control: controlPath(control === undefined ? join(storeFolder, 'control.sock') : resolve(base, control)),
  };
}

function resolvePeers(peers: NodeForm['peers'], self: number, ipVersion: 4 | 6): ReadonlyMap<number, HostPort> {
  const resolved = new Map<number, HostPort>();
  for (const [key, text] of Object.entries(peers)) {
    const node = Number(key);
    if (node === self) throw new FieldProblem(['peers', key], `found this node itself; expected other nodes`);
    const address = parseHostPort(text) as HostPort;
    if (address.port === 0) throw new FieldProblem(['peers', key], `found port 0; expected the port of the peer`);
    if (isIP(address.host) !== 0 && isIP(address.host) !== ipVersion) {
      throw new FieldProblem(
        ['peers', key],
        `found ${inWords(text)}, while the node listens by IPv${ipVersion}; expected an address of that version, or a name`,
      );
    }
    resolved.set(node, address);
  }
  return resolved;
}

function resolveEpoch(epoch: string | undefined): number | undefined {
  if (epoch === undefined) return undefined;
  const found = parseIsoTime(epoch);
  if (found !== undefined) return found.us;
  throw new FieldProblem(['plan', 'epoch'], `found ${inWords(epoch)}; expected a date such as 2026-11-24T21:00:00Z`);
}

/** Where the control socket is: a path, which has a limit of its own, or on Windows a named pipe. */
function controlPath(path: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${path.replace(/[:\\/]+/g, '-')}`;
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  throw new FieldProblem(
    ['control'],
    `found a path of ${Buffer.byteLength(path)} bytes (${path}); expected one of at most ${MAX_SOCKET_PATH_BYTES}, the most that a socket takes: give a shorter one as control`,
  );
}
