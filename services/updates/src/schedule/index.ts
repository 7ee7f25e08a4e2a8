/**
 * Schedule: when a product is asked about, such that the times tell nothing.
 *
 * Belongs here: gaps, quiet times, who is next, and what a check is called on the queue. Randomness and time come in as
 * arguments. Does not belong here: timers, and asking.
 */
export { nameAnswer, nameCheck, windowOf } from './check-name.ts'
export { chooseDue, type DueProduct, type NextCheck } from './choose-due.ts'
export { drawGap, drawQuiet, drawRetry, drawSeparation, planDueIn } from './gaps.ts'
