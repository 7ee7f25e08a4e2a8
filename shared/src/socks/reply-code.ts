/** Reply codes: RFC 1928 section 6, and tor's extended ones (socks-extensions, "extended error codes"). */
export const REPLY = {
  succeeded: 0x00,
  generalFailure: 0x01,
  notAllowed: 0x02,
  networkUnreachable: 0x03,
  hostUnreachable: 0x04,
  connectionRefused: 0x05,
  ttlExpired: 0x06,
  commandNotSupported: 0x07,
  addressTypeNotSupported: 0x08,
  onionDescriptorNotFound: 0xf0,
  onionDescriptorInvalid: 0xf1,
  onionIntroductionFailed: 0xf2,
  onionRendezvousFailed: 0xf3,
  onionMissingClientAuthorization: 0xf4,
  onionWrongClientAuthorization: 0xf5,
  onionBadAddress: 0xf6,
  onionIntroductionTimedOut: 0xf7,
} as const

/** A reply code that a specification gives a meaning. */
export type ReplyCode = (typeof REPLY)[keyof typeof REPLY]

/** What the octet REP of a reply says. */
export type ReplyMeaning =
  | { readonly type: 'known'; readonly name: keyof typeof REPLY; readonly extended: boolean }
  | { readonly type: 'unknown' }

const FIRST_EXTENDED = REPLY.onionDescriptorNotFound

const NAMES: ReadonlyMap<number, keyof typeof REPLY> = new Map(
  (Object.keys(REPLY) as (keyof typeof REPLY)[]).map(name => [REPLY[name], name]),
)

/** Say which code the octet REP is, and whether it is one of tor's own. */
export function explainReplyCode(code: number): ReplyMeaning {
  const name = NAMES.get(code)
  return name === undefined ? { type: 'unknown' } : { type: 'known', name, extended: code >= FIRST_EXTENDED }
}

/**
 * Map any code to one of RFC 1928, for an app that did not ask for extended errors.
 *
 * An onion service that cannot be found or reached is an unreachable host, as tor says without ExtendedErrors. One that
 * keeps us out is "not allowed". A bad onion address is a host that cannot be. Unknown codes are a general failure.
 */
export function nearestRfc1928(code: number): ReplyCode {
  switch (code) {
    case REPLY.succeeded:
    case REPLY.generalFailure:
    case REPLY.notAllowed:
    case REPLY.networkUnreachable:
    case REPLY.hostUnreachable:
    case REPLY.connectionRefused:
    case REPLY.ttlExpired:
    case REPLY.commandNotSupported:
    case REPLY.addressTypeNotSupported:
      return code
    case REPLY.onionMissingClientAuthorization:
    case REPLY.onionWrongClientAuthorization:
      return REPLY.notAllowed
    case REPLY.onionIntroductionTimedOut:
      return REPLY.ttlExpired
    case REPLY.onionDescriptorNotFound:
    case REPLY.onionDescriptorInvalid:
    case REPLY.onionIntroductionFailed:
    case REPLY.onionRendezvousFailed:
    case REPLY.onionBadAddress:
      return REPLY.hostUnreachable
    default:
      return REPLY.generalFailure
  }
}
