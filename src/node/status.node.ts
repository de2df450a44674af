/** What a running node says of itself when it is asked. */
import type { HostCounters, SocketAddress } from '../runtime/host.node.js';
import type { MailboxState } from './mailbox.node.js';
import type { MemoryState } from './memory-watch.node.js';
import type { NodeCounters } from './node-trace.js';
import type { SetAside } from './open-store.node.js';

/** The answer to `status`. */
export interface NodeStatus {
  readonly node: number;
  readonly pid: number;
  readonly startedUnixMs: number;
  /** Microseconds since the plan's epoch. */
  readonly nowUs: number;
  readonly address: SocketAddress;
  readonly plan: { readonly file: string; readonly epochUnixUs: number; readonly contacts: number };
  /** Neighbours that it can transmit to. */
  readonly openContacts: number;
  readonly store: {
    readonly kind: 'durable' | 'memory';
    readonly folder: string;
    readonly bundles: number;
    readonly bytes: number;
    readonly setAside: SetAside;
    /** Why the store cannot be written at present; undefined where it can. */
    readonly trouble: string | undefined;
  };
  readonly mailbox: MailboxState & { readonly folder: string };
  readonly memory: MemoryState;
  readonly datagrams: HostCounters;
  readonly counters: NodeCounters;
}
