import { isVirtual, judgeAddress, judgeName, type NameRefusal, parseReverseName } from '@cordon/shared/names'
import {
  EXTENDED_ERRORS,
  type ExtendedError,
  isCarried,
  isMeta,
  type LocalRecord,
  RCODE,
  type Rcode,
  TYPE,
} from '../wire/index.ts'

/** What decides besides the question: the app's settings, the listener that was asked, and this machine. */
export interface NamePolicy {
  /** Whether names are answered with virtual addresses instead of being looked up. */
  readonly virtual: boolean
  /** Whether the app may reach IPv6 addresses. */
  readonly ipv6: boolean
  /** Whether a resolver for other types is configured. */
  readonly resolver: boolean
  /** Names that this machine has given itself, in lower case. */
  readonly machineNames: ReadonlySet<string>
  readonly searchSuffixes: ReadonlySet<string>
}

/** The parts of a question that decide. The name is in lower case, without a dot at the end. */
export interface AskedQuestion {
  readonly name: string
  readonly type: number
  readonly class: number
}

/** What becomes of a question. */
export type AnswerPlan =
  | {
      readonly type: 'answer'
      readonly rcode: Rcode
      readonly record?: LocalRecord
      readonly extended?: ExtendedError
    }
  /** Look the name up for addresses of one family, through the app's port. */
  | { readonly type: 'resolve'; readonly name: string; readonly family: 'ipv4' | 'ipv6' }
  /** Look up the name of an address, through the app's port. */
  | { readonly type: 'resolve-address'; readonly address: string }
  /** Give a virtual address of the app. */
  | { readonly type: 'give-virtual'; readonly name: string }
  /** Tell the name that a virtual address of the app stands for. */
  | { readonly type: 'name-virtual'; readonly address: string }
  /** Ask the resolver that the app's settings name. */
  | { readonly type: 'ask-resolver' }

const CLASS_IN = 1
/** For what never changes: a day. Arbitrary. */
const FIXED_TTL = 86_400

const answer = (rcode: Rcode, extended?: ExtendedError): AnswerPlan =>
  extended === undefined ? { type: 'answer', rcode } : { type: 'answer', rcode, extended }
const NO_DATA = answer(RCODE.NOERROR)

const notCarried = (text: string): AnswerPlan => answer(RCODE.NOTIMP, { code: EXTENDED_ERRORS.notSupported, text })
const neverLeaves = (text: string): AnswerPlan => answer(RCODE.NXDOMAIN, { code: EXTENDED_ERRORS.blocked, text })

/** Plan the answer to one question. What must never leave is judged first, so no setting opens it. */
export function planAnswer(question: AskedQuestion, policy: NamePolicy): AnswerPlan {
  const { name, type } = question
  if (question.class !== CLASS_IN) return notCarried('only class IN is carried')
  if (isMeta(type)) return notCarried('this type asks for no data of its own')
  return (
    planReverse(name, type) ??
    planLocalhost(name, type) ??
    planOnion(name, type) ??
    planRefusal(name, policy) ??
    planPublic(name, type, policy)
  )
}

/** RFC 6303, RFC 6761: ranges of this machine and its network have no names outside. */
function planReverse(name: string, type: number): AnswerPlan | undefined {
  const found = findReverse(name)
  if (found === undefined) return undefined
  const { address, whole } = found
  if (whole && isVirtual(address)) return type === TYPE.PTR ? { type: 'name-virtual', address } : NO_DATA
  if (whole && (address === '127.0.0.1' || address === '::1')) {
    return type === TYPE.PTR ? local({ type: 'PTR', name: 'localhost', ttl: FIXED_TTL }) : NO_DATA
  }
  if (judgeAddress(address) !== undefined) return neverLeaves('names of private addresses are nobody else’s business')
  return whole && type === TYPE.PTR ? { type: 'resolve-address', address } : undefined
}

/**
 * Find the address that a name of the way back is about, also where more labels stand in front: RFC 6763 section 11
 * asks for lb._dns-sd._udp below the own network.
 */
function findReverse(name: string): { readonly address: string; readonly whole: boolean } | undefined {
  if (!name.endsWith('.arpa')) return undefined
  for (let at = 0; ; ) {
    const found = parseReverseName(name.slice(at))
    if (found !== undefined) return at === 0 ? found : { address: found.address, whole: false }
    const dot = name.indexOf('.', at)
    if (dot === -1) return undefined
    at = dot + 1
  }
}

/** RFC 6761 section 6.3. */
function planLocalhost(name: string, type: number): AnswerPlan | undefined {
  if (name !== 'localhost' && !name.endsWith('.localhost')) return undefined
  if (type === TYPE.A) return local({ type: 'A', address: '127.0.0.1', ttl: FIXED_TTL })
  if (type === TYPE.AAAA) return local({ type: 'AAAA', address: '::1', ttl: FIXED_TTL })
  return NO_DATA
}

const local = (record: LocalRecord): AnswerPlan => ({ type: 'answer', rcode: RCODE.NOERROR, record })

/** The last label but one of an onion service of version 3: 56 letters of base 32 (rend-spec-v3, "encoding"). */
const ONION = /(^|\.)[a-z2-7]{56}\.onion$/

/** RFC 7686: an onion name is for tor, never for DNS. */
function planOnion(name: string, type: number): AnswerPlan | undefined {
  if (!name.endsWith('.onion')) return undefined
  if (!ONION.test(name)) return neverLeaves('this is no onion address')
  return type === TYPE.A ? { type: 'give-virtual', name } : NO_DATA
}

const WORDS: Readonly<Record<Exclude<NameRefusal, 'malformed-name'>, string>> = {
  'this-machine': 'this is a name of this machine',
  'private-network': 'this is an address of a private network',
  'local-name': 'this name is for the local network and never leaves',
  'reserved-name': 'this name is reserved and never leaves',
  i2p: 'I2P is not carried',
}

function planRefusal(name: string, { machineNames, searchSuffixes }: NamePolicy): AnswerPlan | undefined {
  const refusal = judgeName(name, machineNames)
  if (refusal === 'malformed-name') {
    return answer(RCODE.REFUSED, { code: EXTENDED_ERRORS.prohibited, text: 'this is no host name' })
  }
  if (refusal !== undefined) return neverLeaves(WORDS[refusal])
  for (let at = 0; at !== -1; at = afterDot(name, at)) {
    if (searchSuffixes.has(name.slice(at))) return neverLeaves('search suffixes of this machine never leave')
  }
  return undefined
}

const afterDot = (name: string, from: number): number => {
  const dot = name.indexOf('.', from)
  return dot === -1 ? -1 : dot + 1
}

function planPublic(name: string, type: number, { virtual, ipv6, resolver }: NamePolicy): AnswerPlan {
  switch (type) {
    case TYPE.A:
      return virtual ? { type: 'give-virtual', name } : { type: 'resolve', name, family: 'ipv4' }
    case TYPE.AAAA:
      return virtual || !ipv6 ? NO_DATA : { type: 'resolve', name, family: 'ipv6' }
    case TYPE.HTTPS:
    case TYPE.SVCB:
      // A hint would be a way past the virtual address.
      if (virtual) return NO_DATA
  }
  if (!isCarried(type)) return notCarried('this type is not carried')
  return resolver
    ? { type: 'ask-resolver' }
    : notCarried('tor looks up A, AAAA and PTR; dns.resolver names who is asked for more')
}
