/** What goes into a satellite node and what comes out of it. */
import type {
  Delivery,
  OpenContact,
  ReceivedCompressedReport,
  ReceivedReport,
  SendRequest,
  TransmitOutput,
} from '../agent/index.js';
import type { StepOutcome, StepRequest } from '../processors/step.js';
import type { ContactGraph, RouteTable } from '../routing/index.js';
import type { JobSpec } from '../scheduler/index.js';
import type { JobStatus } from '../spacecomp/index.js';
import type { ByteStreamInput, ByteStreamOutput } from '../streams/index.js';

/** One thing that happened outside of a node. */
export type NodeInput =
  /** A datagram came from a neighbour. */
  | { readonly kind: 'datagram-received'; readonly from: number; readonly datagram: Uint8Array }
  /** The node can transmit to a neighbour from now on. */
  | { readonly kind: 'contact-started'; readonly contact: OpenContact }
  /** It cannot any more; `failed` where the plan said that it could. */
  | { readonly kind: 'contact-ended'; readonly to: number; readonly failed: boolean }
  /**
   * The first input of every node: what its store kept through a restart is taken up again. A driver's monotonic time goes on across
   * restarts, so that kept instants stay what they were.
   */
  | { readonly kind: 'started' }
  /** The application has a delivery with that receipt, as durably as it wants it; the node lets go of the bundle. */
  | { readonly kind: 'delivery-taken'; readonly receipt: number }
  /** The payload of the delivery with that receipt could not be read back from the store; the node gives the bundle up. */
  | { readonly kind: 'delivery-unreadable'; readonly receipt: number }
  /** The time that the node's `nextTimeout` gave has come. */
  | { readonly kind: 'timeout' }
  | { readonly kind: 'plan-updated'; readonly graph: ContactGraph; readonly routes: RouteTable }
  /** A job for this satellite as its LOS. */
  | {
      readonly kind: 'job-submitted';
      readonly spec: JobSpec;
      /** When it was asked for, where the satellite could not take it in at once; its deadline counts from then. */
      readonly requestedUs?: number;
    }
  /** A bundle of an application on this node. */
  | { readonly kind: 'bundle-submitted'; readonly request: SendRequest }
  /** What an application on this node asks about byte streams. */
  | ByteStreamInput
  /** A step that the node asked for is done. */
  | { readonly kind: 'processor-stepped'; readonly task: number; readonly outcome: StepOutcome };

/** One thing that a node wants done. The driver flushes the node's store before it does any of them. */
export type NodeOutput =
  | TransmitOutput
  | { readonly kind: 'step-processor'; readonly request: StepRequest }
  | { readonly kind: 'cancel-processor'; readonly task: number }
  | { readonly kind: 'forget-processors'; readonly job: string }
  /** A data unit for an application on this node. */
  | { readonly kind: 'deliver'; readonly delivery: Delivery }
  /** A status report arrived for a bundle that named this node as the place to report to. */
  | { readonly kind: 'status-report'; readonly received: ReceivedReport }
  /** A compressed reporting signal arrived, with the bundles of this node that it is about. */
  | { readonly kind: 'compressed-report'; readonly received: ReceivedCompressedReport }
  /** A bundle that an application submitted found no room in the store. */
  | { readonly kind: 'bundle-refused'; readonly request: SendRequest }
  | { readonly kind: 'job-changed'; readonly status: JobStatus }
  /** What the node tells applications about byte streams. */
  | ByteStreamOutput;
