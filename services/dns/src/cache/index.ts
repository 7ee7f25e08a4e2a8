/**
 * Cache: the answers that one app has heard in its nym epoch, and what is being asked for it now.
 *
 * Belongs here: keeping within bounds, ageing, responding from what is kept, sharing one look-up among equal questions.
 * Does not belong here: where answers come from, and any second app.
 */
export { AnswerCache, type FoundAnswer } from './answer-cache.ts'
export type { Answer } from './answer-pack.ts'
export { shareCache } from './cache-share.ts'
export { InFlight } from './in-flight.ts'
export { KEY_MARKS, respondFromCache } from './kept-response.ts'
