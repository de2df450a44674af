/** Placement of a job's roles: a JobSpec and what is known of the constellation in, a JobPlan out. */
export { type Assignment, assignRows } from './assignment.js';
export type * from './job.js';
export { planJob } from './planner.js';
export {
  type ArrivalTree,
  NOMINAL_DATA_BYTES,
  NOMINAL_REQUEST_BYTES,
  type PlanningContext,
} from './planning-context.js';
export { REDUCER_SHORT_LIST } from './reducer-placement.js';
