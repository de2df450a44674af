/** Contact-plan routing: plans as values, the graph over a plan, searches, the table of next hops and routes, and volume. */
export { findRoutes, routesByNeighbour } from './alternative-routes.js';
export { ContactGraph, type ContactGraphOptions } from './contact-graph.js';
export { type Contact, ContactPlan, compareContacts, MAX_NODE } from './contact-plan.js';
export {
  ContactSchedule,
  MAX_SCHEDULE_PIECES,
  type RatePiece,
  type ScheduleSegment,
  type Slot,
} from './contact-schedule.js';
export type { Booking } from './contact-volume.js';
export {
  type PlanContact,
  type PlanDocument,
  PlanNames,
  type PlanNode,
  type RangelessContact,
} from './plan-document.js';
export { compareRoutes, type Route, type RouteQuery } from './route.js';
export { limitOf, type RouteLimit } from './route-limit.js';
export { type ArrivalTree, arrivalTree, findRoute, type TreeQuery } from './route-search.js';
export {
  type NextHop,
  ROUTE_TABLE_ENTRIES,
  RouteTable,
  type RouteTableCounters,
  type RouteTableOptions,
  SIZE_CLASSES_BYTES,
} from './route-table.js';
export { contactVolumeBytes, evcBytes, RANK, RANKS, type Rank } from './volume.js';
export { type Booked, MAX_BOOKED_CONTACTS, VolumeBook } from './volume-book.js';
