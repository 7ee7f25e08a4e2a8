/**
 * Exchange: what one source's answers say of the time.
 *
 * Belongs here: reading a Date, judging an answer, the search for the edge of a source's second, whether its certificates
 * vouch for it. Does not belong here: dialing, waiting, and what several sources mean together.
 */

export { chooseVerificationTime } from './certificate-dates.ts'
export type { Sample } from './edge-search.ts'
export { EdgeSearch } from './edge-search.ts'
export { judgeAnswer } from './judge-answer.ts'
export type { DatedExchange } from './second-edge.ts'
