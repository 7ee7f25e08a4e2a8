/**
 * Doctor: what is wrong, why, and the next step, from facts that somebody else collected.
 *
 * Belongs here: the facts as a type, the table of findings. Does not belong here: looking at anything.
 */
export {
  countTalkers,
  type Exposure,
  findTimeDaemons,
  judgeExposure,
  type Owner,
  readsIpv6Default,
} from './exposure.ts'
export type { DesktopDns, Facts } from './facts.ts'
export { diagnose, type Finding, isLoopback, isResolvedAsked, listNotes } from './findings.ts'
