import type { Answer, Question } from 'dns-packet'

/** What a zone does with a question: answer it, or say nothing at all (a server that is gone). */
export type ZoneReply =
  | { readonly type: 'answer'; readonly rcode: Rcode; readonly answers: readonly Answer[] }
  | { readonly type: 'silence' }

/** RFC 1035 section 4.1.1. */
export const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 } as const
export type Rcode = keyof typeof RCODES

/** A part of the lab's name space, with its own behaviour. A hostile zone is one that answers otherwise. */
export interface Zone {
  /** The name at the top, in lower case, without a dot at the end; the root is the empty string. */
  readonly origin: string
  /** Answer a question below `origin`. `name` is the question's name in lower case; answers echo `question.name`. */
  readonly reply: (question: Question, name: string) => ZoneReply
}

/** A name in `.example` (RFC 2606) or `in-addr.arpa`, and the address that belongs to it. */
export interface Host {
  readonly name: string
  readonly address: string
}

/** Long enough to be cached by whoever caches; tor clips it to 5 to 60 minutes anyway. */
const TTL_SECONDS = 600

/** Answer from the zone with the longest origin above the name (RFC 1034 section 4.3.2); without one, NXDOMAIN. */
export function replyTo(zones: readonly Zone[], question: Question): ZoneReply {
  // RFC 4343: names compare without case. tor sends mixed case (0x20) and drops an answer that does not echo it.
  const name = question.name.toLowerCase()
  const zone = zones
    .filter(({ origin }) => origin === '' || name === origin || name.endsWith(`.${origin}`))
    .reduce<Zone | undefined>(
      (best, next) => (next.origin.length >= (best?.origin.length ?? 0) ? next : best),
      undefined,
    )
  return zone === undefined ? NO_SUCH_NAME : zone.reply(question, name)
}

/** Serve a table of hosts: A is their address, any other type of a name that is there is NODATA (RFC 2308 section 2.2). */
export function hostZone(origin: string, hosts: readonly Host[]): Zone {
  const addresses = new Map(hosts.map(({ name, address }) => [name, address]))
  return {
    origin,
    reply(question, name) {
      const address = addresses.get(name)
      if (address === undefined) return hasBelow(addresses.keys(), name) ? NO_DATA : NO_SUCH_NAME
      if (question.type !== 'A') return NO_DATA
      return answerWith({ type: 'A', name: question.name, ttl: TTL_SECONDS, data: address })
    },
  }
}

/** Serve the way back, from address to name (RFC 1035 section 3.5). */
export function reverseZone(hosts: readonly Host[]): Zone {
  const names = new Map(hosts.map(({ name, address }) => [reverseName(address), name]))
  return {
    origin: 'in-addr.arpa',
    reply(question, name) {
      const target = names.get(name)
      if (target === undefined) return hasBelow(names.keys(), name) ? NO_DATA : NO_SUCH_NAME
      if (question.type !== 'PTR') return NO_DATA
      return answerWith({ type: 'PTR', name: question.name, ttl: TTL_SECONDS, data: target })
    },
  }
}

/** Build the name under which the owner of an IPv4 address is asked for. */
export const reverseName = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`

const answerWith = (...answers: readonly Answer[]): ZoneReply => ({ type: 'answer', rcode: 'NOERROR', answers })
const NO_DATA: ZoneReply = { type: 'answer', rcode: 'NOERROR', answers: [] }
const NO_SUCH_NAME: ZoneReply = { type: 'answer', rcode: 'NXDOMAIN', answers: [] }

// RFC 8020: a name with names below it exists, although it has no data.
const hasBelow = (names: Iterable<string>, name: string): boolean => {
  for (const each of names) if (each.endsWith(`.${name}`)) return true
  return false
}
