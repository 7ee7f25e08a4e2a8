/**
 * Discipline: what is done about an offset, by whom, and what is remembered.
 *
 * Belongs here: who corrects the clock, how, chrony's sample, SNTP's packet, the floor as a record, the schedule. Does not
 * belong here: any file, socket or clock itself.
 */
export type { Anchor, RawReading } from './anchor.ts'
export { timeByAnchor } from './anchor.ts'
export type { Discipline, DisciplineChoice } from './choose-discipline.ts'
export { chooseDiscipline, findDaemons } from './choose-discipline.ts'
export { encodeChronySample } from './chrony-sample.ts'
export { explainCorrection, UNDECIDED } from './explain-decision.ts'
export type { Floor, FloorRecord } from './floor-record.ts'
export { chooseFloor, chooseSlot, FLOOR_MAX_BYTES, formatFloor, parseFloor } from './floor-record.ts'
export { History } from './history.ts'
export type { Correction } from './plan-correction.ts'
export { planCorrection } from './plan-correction.ts'
export { planNextRound } from './schedule.ts'
export { decodeSntpRequest, encodeSntpAnswer } from './sntp-packet.ts'
