/**
 * Doctor: what is wrong, why, and the next step, from facts that somebody else collected.
 *
 * Belongs here: the facts as a type, the table of findings. Does not belong here: looking at anything.
 */
export type { Facts } from './facts.ts'
export { diagnose, type Finding } from './findings.ts'
