import type { Problem } from '../contracts/index.ts'
import { Fault } from '../errors/index.ts'
import type { ApiRefusal } from './judge-request.ts'

/** The answer where nothing is served. */
export const NOTHING_HERE: Problem = {
  code: 'GW_REQUEST_INVALID',
  message: 'there is nothing at this address',
  next: null,
}

const WHY: Readonly<Record<ApiRefusal, string>> = {
  host: 'the Host is not this machine',
  origin: 'no web page may ask this',
  upgrade: 'there is nothing to upgrade to',
  'content-type': 'the body must be application/json',
}

/** The answer to a request that nothing looked at. */
export const refusedRequest = (refusal: ApiRefusal): Problem => ({
  code: 'GW_REQUEST_INVALID',
  message: WHY[refusal],
  next: null,
})

/** Refuse what a request says. */
export const invalidRequest = (message: string): Fault =>
  new Fault('GW_REQUEST_INVALID', message, { where: 'local', retry: 'never', next: 'Correct what the message names.' })

/** Describe whatever a request ended with. What an unexpected error says may hold anything: it is not passed on. */
export function describeProblem(thrown: Error & { readonly statusCode?: number }): Problem {
  if (thrown instanceof Fault) return { code: thrown.code, message: thrown.message, next: thrown.next ?? null }
  const known = thrown.statusCode !== undefined && thrown.statusCode < 500
  return { code: 'GW_REQUEST_INVALID', message: known ? thrown.message : 'an internal error', next: null }
}
