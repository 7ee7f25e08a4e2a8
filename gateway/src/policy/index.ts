/**
 * Policy: whether a request may go to tor at all.
 *
 * Belongs here: the refusals that hold for every app and the settings of one. Does not belong here: replies, tor, and
 * which circuit a stream takes.
 */
export { type AppPolicy, compilePolicy } from './app-policy.ts'
export { judgeRequest } from './judge-request.ts'
export type { Refusal } from './refusal.ts'
