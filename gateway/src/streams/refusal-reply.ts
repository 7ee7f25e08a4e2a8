import { REPLY } from '@cordon/shared/socks'
import type { Refusal } from '../policy/index.ts'

/**
 * Say a refusal as a SOCKS reply code (RFC 1928 section 6).
 *
 * "Not allowed by ruleset" is the truth for all of them but a name that no machine can have.
 */
export function replyForRefusal(refusal: Refusal): number {
  return refusal === 'malformed-name' ? REPLY.generalFailure : REPLY.notAllowed
}
