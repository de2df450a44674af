/** Delivery of plain traffic with custody transfer and without, apart: one ratio over both would say little of either. */
import type { NetworkCounters } from '../report.js';

/** One kind of traffic. */
export interface TrafficShare {
  readonly kind: 'with custody' | 'without custody';
  readonly sent: number;
  readonly delivered: number;
}

/** The kinds of traffic that a run had, those with custody first. */
export function trafficShares(network: NetworkCounters): readonly TrafficShare[] {
  const { trafficSent, trafficDelivered, custodyTrafficSent, custodyTrafficDelivered } = network;
  const shares: TrafficShare[] = [
    { kind: 'with custody', sent: custodyTrafficSent, delivered: custodyTrafficDelivered },
    {
      kind: 'without custody',
      sent: trafficSent - custodyTrafficSent,
      delivered: trafficDelivered - custodyTrafficDelivered,
    },
  ];
  return shares.filter((share) => share.sent > 0);
}
