/**
 * Life cycle: which parts there are, how one lives, and what to do when something happens to one.
 *
 * Belongs here: tables and plans. Does not belong here: processes, sockets, clocks, and what the parts do.
 */
export { advance, drawLifeCycle, type PartEvent, type PartState, TRANSITIONS } from './life-cycle.ts'
export { type LogLevel, type LogLine, LogRing, parseTorLogLine } from './log-ring.ts'
export { judgeState, listParts, looksAlike, type OverallInput } from './overall-state.ts'
export { parsePartLogLine } from './part-log.ts'
export { listTurns, type PartTurn } from './part-spans.ts'
export { chooseParts, PARTS, type PartDefinition } from './parts.ts'
export { isStopped, nextWake, react } from './plan.ts'
export {
  EXITS_UNTIL_FAILED,
  LOOK_BACK_OFF,
  planRestart,
  RESTART_BACK_OFF,
  type RestartDecision,
  type RestartInput,
  STABLE_MS,
} from './restart-policy.ts'
export { NOTHING_NOTICED, type Noticed, planNotice } from './service-notice.ts'
export {
  type ClockSample,
  findSleep,
  planResume,
  type ResumeStep,
  SAMPLE_EVERY_MS,
  type Sleep,
} from './sleep.ts'
export {
  beginSupervision,
  type PartRecord,
  type Reaction,
  type Supervision,
  type SupervisionAction,
  type SupervisionEvent,
  type Trouble,
} from './supervision.ts'
export { ASK_EVERY_MS, FIRST_ANSWER_MS, SILENT_AFTER_MS } from './watchdog.ts'
