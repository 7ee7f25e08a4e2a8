/**
 * Cache: the answers that one app has heard in its nym epoch, and what is being asked for it now.
 *
 * Belongs here: keeping within bounds, ageing, sharing one look-up among equal questions. Does not belong here: where
 * answers come from, and any second app.
 */
export { AnswerCache, type CacheBounds, type KeptAnswer } from './answer-cache.ts'
export { InFlight } from './in-flight.ts'
