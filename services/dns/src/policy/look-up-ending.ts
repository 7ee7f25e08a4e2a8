import { REPLY } from '@cordon/shared/socks'
import {
  type AnswerBody,
  EMPTY_BODY,
  EXTENDED_ERRORS,
  type ExtendedError,
  encodeBody,
  type LocalRecord,
  RCODE,
  type Rcode,
  type Reply,
} from '../wire/index.ts'

/** How a look-up ended, as the program hears it. */
export interface LookUpEnding extends Reply {
  /** How long it may be kept, in seconds. */
  readonly ttl: number
}

const ending = (rcode: Rcode, extended?: ExtendedError, body: AnswerBody = EMPTY_BODY): LookUpEnding => ({
  rcode,
  body,
  ttl: 0,
  ...(extended === undefined ? {} : { extended }),
})

const failed = (code: number, text: string): LookUpEnding => ending(RCODE.SERVFAIL, { code, text })
const { other, noReachableAuthority, networkError, prohibited, blocked } = EXTENDED_ERRORS

/** The endings that are the same for every name. None is kept: none is evidence. */
export const ENDINGS = {
  noData: ending(RCODE.NOERROR),
  noSuchName: ending(RCODE.NXDOMAIN),
  noGateway: failed(other, 'there is no virtual address to give'),
  unreadable: failed(other, 'what was found is no name or address'),
  noAnswer: failed(networkError, 'the port of the app does not answer'),
  renewedMeanwhile: failed(other, 'the app was renewed meanwhile'),
  resolverFailed: failed(noReachableAuthority, 'the resolver of the app did not answer; see cordon dns'),
  overLimit: ending(RCODE.REFUSED, { code: prohibited, text: 'too many look-ups of this app' }),
} as const

/** Said beside an answer of which something was taken out. */
export const WITHHELD: ExtendedError = { code: blocked, text: 'an internal address was withheld' }

/** End with the one record that was found. */
export function endWithRecord(record: LocalRecord): LookUpEnding {
  const body = encodeBody(record)
  return body === undefined ? ENDINGS.unreadable : { rcode: RCODE.NOERROR, body, ttl: record.ttl }
}

/**
 * End with a SOCKS reply code of the app's port.
 *
 * It does not tell a name that is not there from a fault at the exit: neither is kept, and neither is NXDOMAIN.
 */
export function endWithRefusal(code: number): LookUpEnding {
  if (code !== REPLY.notAllowed)
    return failed(noReachableAuthority, 'tor found no address; that does not tell whether there is one')
  return ending(RCODE.REFUSED, { code: prohibited, text: 'the settings of the app do not allow it' })
}
