/**
 * Policy: what becomes of a question: answered here, asked of tor, asked of the app's resolver, or refused.
 *
 * Belongs here: names that never leave, the types that are carried, how much one app may ask, what a program hears of how
 * a look-up ended. Does not belong here: asking anybody, and keeping answers.
 */
export { ENDINGS, endWithRecord, endWithRefusal, type LookUpEnding, WITHHELD } from './look-up-ending.ts'
export { type AnswerPlan, type AskedQuestion, type NamePolicy, planAnswer } from './plan-answer.ts'
export { readSearchSuffixes } from './search-suffixes.ts'
export { TokenBucket } from './token-bucket.ts'
