/**
 * Select: whom a round asks, and which of them agree.
 *
 * Belongs here: the default sources, the choice among them, the intersection of intervals. Does not belong here: whether
 * what they agree on can be, and what is done about it.
 */
export type { ChosenSource } from './choose-sources.ts'
export { chooseSources } from './choose-sources.ts'
export type { Agreement } from './intersection.ts'
export { findAgreement } from './intersection.ts'
export { TIME_SOURCES } from './time-sources.ts'
