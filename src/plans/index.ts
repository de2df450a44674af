/** Contact plan files: five formats read, written, checked, merged and shifted. */
export { formatIsoTime, parseIsoTime } from './calendar.js';
export { type CheckPlanOptions, checkPlan, type PlanFinding, type PlanReport } from './check-plan.js';
export { mergePlans, shiftPlan } from './combine-plans.js';
export { formatSeconds, parseSeconds, type ReadSeconds } from './decimal.js';
export { formatIonPlan, type ParsedPlan, type PlanWarning, parseIonPlan } from './ion-text.js';
export {
  PLAN_FORMATS,
  type PlanFormat,
  type PlanFormatFacts,
  type PlanNote,
  type ReadPlan,
  type ReadPlanOptions,
} from './plan-format.js';
export { type LossKind, type PlanLoss, UNLIMITED_AS_BYTES_PER_SECOND } from './plan-losses.js';
export { readPlan, recognisePlan } from './read-plan.js';
export { planLosses, type WritePlanOptions, type WrittenPlan, writePlan } from './write-plan.js';
