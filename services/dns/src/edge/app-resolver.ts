import { type DnsApp, type DnsStatus, VIRTUAL_TTL_SECONDS } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { REPLY } from '@cordon/shared/socks'
import type { Telemetry } from '@cordon/shared/telemetry'
import { AnswerCache, InFlight } from '../cache/index.ts'
import { type AnswerPlan, type NamePolicy, planAnswer, TokenBucket } from '../policy/index.ts'
import {
  type AnswerBody,
  decodeQuery,
  EMPTY_BODY,
  EXTENDED_ERRORS,
  type ExtendedError,
  encodeBody,
  encodeFailure,
  encodeResponse,
  type LocalRecord,
  type Query,
  RCODE,
  type Reply,
} from '../wire/index.ts'
import type { lookUp } from './app-lookup.ts'
import type { GatewayLink } from './gateway-link.ts'
import type { Upstream } from './upstream.ts'

/** Which of an app's listeners was asked: loopback follows the settings, AF_UNIX gives virtual addresses. */
export type Listener = 'loopback' | 'socket'

/** What a resolver needs of the rest of the service. */
export interface ResolverSurroundings {
  readonly lookUp: typeof lookUp
  readonly link: Pick<GatewayLink, 'ask'>
  readonly telemetry: Telemetry
  appSocket(app: string): string
  /** Names of this machine and its search suffixes, as they are now. */
  machine(): Pick<NamePolicy, 'machineNames' | 'searchSuffixes'>
  openUpstream(app: DnsApp): Upstream | undefined
}

/** 10,000 names are weeks of one program; 8 MiB are those with room to spare. Arbitrary. */
const CACHE_BOUNDS = { entries: 10_000, bytes: 8 * 1024 * 1024 } as const
/** Look-ups at once: tor has 32 circuits under way at most, and a page of the web asks for some dozens of names. */
const IN_FLIGHT_MOST = 256
const LOOK_UPS_PER_SECOND = 100
const LOOK_UPS_AT_ONCE = 500
/** As an app port waits for tor (limits.connectSeconds). Programs give up earlier and ask again, which joins this. */
const LOOK_UP_MS = 30_000
/** Begun in one epoch, a look-up may find itself in the next; twice in a row is a user who plays. */
const ATTEMPTS = 2

/**
 * How long what tor found is kept. Tor gives no time to live, and its exits keep answers for five minutes and more
 * (clip_dns_ttl), so a shorter one would be a show. One minute, the same everywhere, so that it marks nobody.
 */
const FOUND_TTL_SECONDS = 60

interface Outcome extends Reply {
  /** How long it may be kept, in seconds. */
  readonly ttl: number
}

/** All that belongs to one nym epoch. A new epoch begins with another of it, and nothing of the old is ever given. */
interface Era {
  readonly app: DnsApp
  readonly cache: AnswerCache
  readonly flight: InFlight<Outcome>
  readonly upstream: Upstream | undefined
}

const NOTHING_COUNTED = { cached: 0, lookedUp: 0, local: 0, refused: 0, failed: 0, malformed: 0, overLimit: 0 }

/** Answers the names of one app. */
export class AppResolver {
  readonly counts: { -readonly [K in keyof DnsStatus['counts']]: number } = { ...NOTHING_COUNTED }
  readonly #around: ResolverSurroundings
  readonly #bucket = new TokenBucket(LOOK_UPS_PER_SECOND, LOOK_UPS_AT_ONCE)
  #told = { ok: 0, failed: 0, refused: 0 }
  #era: Era

  constructor(app: DnsApp, around: ResolverSurroundings) {
    this.#around = around
    this.#era = this.#begin(app)
  }

  get app(): DnsApp {
    return this.#era.app
  }

  get cache(): AnswerCache {
    return this.#era.cache
  }

  get inFlight(): number {
    return this.#era.flight.size
  }

  get resolverTrouble(): string | null {
    return this.#era.upstream?.trouble ?? null
  }

  /** Names that are kept now, from memory. */
  names(): string[] {
    const names = [...this.#era.cache.keys()].map(key => nameOfKey(key))
    return [...new Set(names)].sort()
  }

  /** Take what was counted since the last time, as the metrics have it. */
  takeOutcomes(): Readonly<Record<'ok' | 'failed' | 'refused', number>> {
    const { cached, lookedUp, local, refused, failed, malformed, overLimit } = this.counts
    const total = { ok: cached + lookedUp + local, failed, refused: refused + malformed + overLimit }
    const before = this.#told
    this.#told = total
    return { ok: total.ok - before.ok, failed: total.failed - before.failed, refused: total.refused - before.refused }
  }

  /** Take the app as it is now. With any change, what was heard before is forgotten. */
  update(app: DnsApp): void {
    if (JSON.stringify(app) !== JSON.stringify(this.#era.app)) this.forget(app)
  }

  /** Forget all that was heard. */
  forget(app: DnsApp = this.#era.app): void {
    this.#era.upstream?.close()
    this.#era = this.#begin(app)
  }

  /** Answer one message. `respond` is called once or not at all, at once where nothing must be looked up. */
  answer(message: Buffer, transport: 'udp' | 'tcp', listener: Listener, respond: (response: Buffer) => void): void {
    const decoded = decodeQuery(message)
    if (decoded.type !== 'query') {
      this.counts.malformed += 1
      if (decoded.type === 'failure') respond(encodeFailure(decoded, decoded.rcode))
      return
    }
    const { query } = decoded
    const isVirtual = listener === 'socket' || this.#era.app.virtual
    const key = isVirtual ? `v${query.key}` : query.key
    const now = monotonicNow()
    // What is looked up is never of another version or class than what is kept.
    const kept = query.edns === undefined || query.edns.version === 0 ? this.#era.cache.find(key, now) : undefined
    if (kept !== undefined) {
      this.counts.cached += 1
      const ageSeconds = Math.floor((now - kept.since) / 1000)
      respond(encodeResponse(query, { rcode: kept.rcode, body: kept.body, ageSeconds }, transport))
      return
    }
    const plan = this.#plan(query, isVirtual)
    if (plan.type === 'answer') {
      this.counts[plan.rcode === RCODE.NOERROR ? 'local' : 'refused'] += 1
      respond(encodeResponse(query, replyOf(plan), transport))
      return
    }
    this.#lookUp(query, key, plan, now).then(
      outcome => respond(encodeResponse(query, outcome, transport)),
      // A bug of ours must not leave a program waiting.
      thrown => {
        this.#around.telemetry.log('log.bug', {}, thrown)
        respond(encodeFailure(query, RCODE.SERVFAIL))
      },
    )
  }

  #begin(app: DnsApp): Era {
    return {
      app,
      cache: new AnswerCache(CACHE_BOUNDS),
      flight: new InFlight(),
      upstream: this.#around.openUpstream(app),
    }
  }

  #plan(query: Query, virtual: boolean): AnswerPlan {
    // RFC 6891 section 6.1.3.
    if (query.edns !== undefined && query.edns.version !== 0) return { type: 'answer', rcode: RCODE.BADVERS }
    const { ipv6, resolver } = this.#era.app
    const policy = { virtual, ipv6, resolver: resolver !== null, ...this.#around.machine() }
    return planAnswer({ name: query.name(), type: query.type, class: query.class }, policy)
  }

  async #lookUp(query: Query, key: string, plan: LookUpPlan, now: number): Promise<Outcome> {
    const { flight } = this.#era
    const isJoining = flight.has(key)
    if (!isJoining && (flight.size >= IN_FLIGHT_MOST || !this.#bucket.take(now))) {
      this.counts.overLimit += 1
      return OVER_LIMIT
    }
    const outcome = await this.#ask(query, key, plan, ATTEMPTS)
    this.counts[outcome.rcode === RCODE.SERVFAIL ? 'failed' : 'lookedUp'] += 1
    return outcome
  }

  /** Look up in the era that is now. What comes when it is over is neither kept nor given: it is asked anew. */
  async #ask(query: Query, key: string, plan: LookUpPlan, attempts: number): Promise<Outcome> {
    const era = this.#era
    const outcome = await era.flight.join(key, async () => {
      const { telemetry } = this.#around
      const span = telemetry.startSpan('dns.query', { attributes: { app: era.app.id } })
      const found = await this.#follow(query, plan, era)
      span.end({ outcome: found.rcode === RCODE.SERVFAIL ? 'failed' : 'ok' })
      if (era === this.#era) era.cache.keep(key, found, found.ttl, monotonicNow())
      return found
    })
    if (era === this.#era) return outcome
    return attempts > 1 ? await this.#ask(query, key, plan, attempts - 1) : RENEWED_MEANWHILE
  }

  async #follow(query: Query, plan: LookUpPlan, era: Era): Promise<Outcome> {
    const { id, nymEpoch } = era.app
    const { link } = this.#around
    switch (plan.type) {
      case 'resolve':
        return await this.#resolve(plan.name, plan.family, era)
      case 'resolve-address':
        return await this.#resolveAddress(plan.address, era)
      case 'give-virtual': {
        const address = await link.ask({ type: 'give-virtual', app: id, nymEpoch, name: plan.name })
        return address === null ? NO_GATEWAY : found({ type: 'A', address, ttl: VIRTUAL_TTL_SECONDS })
      }
      case 'name-virtual': {
        const name = await link.ask({ type: 'name-virtual', app: id, nymEpoch, address: plan.address })
        return name === null ? NO_SUCH_NAME : found({ type: 'PTR', name, ttl: VIRTUAL_TTL_SECONDS })
      }
      case 'ask-resolver':
        return await this.#askResolver(query, era)
    }
  }

  async #resolve(name: string, family: 'ipv4' | 'ipv6', { app }: Era): Promise<Outcome> {
    const command = family === 'ipv6' ? 'resolve-ipv6' : 'resolve'
    const appSocket = this.#around.appSocket(app.id)
    const outcome = await this.#around.lookUp({
      appSocket,
      command,
      target: { type: 'name', name },
      deadlineMs: LOOK_UP_MS,
    })
    if (outcome.type === 'refused' && outcome.code === REPLY.commandNotSupported) return NO_DATA
    if (outcome.type !== 'found') return failure(outcome)
    const { target } = outcome
    // Tor gives the preferred family if there is one, so the other one says that the name is there and has none.
    if (target.type !== family) return target.type === 'name' ? UNREADABLE : { ...NO_DATA, ttl: FOUND_TTL_SECONDS }
    return found({ type: family === 'ipv4' ? 'A' : 'AAAA', address: target.address, ttl: FOUND_TTL_SECONDS })
  }

  async #resolveAddress(address: string, { app }: Era): Promise<Outcome> {
    const target = { type: address.includes(':') ? 'ipv6' : 'ipv4', address } as const
    const appSocket = this.#around.appSocket(app.id)
    const outcome = await this.#around.lookUp({ appSocket, command: 'resolve-ptr', target, deadlineMs: LOOK_UP_MS })
    if (outcome.type !== 'found') return failure(outcome)
    const name = outcome.target.type === 'name' ? outcome.target.name : ''
    if (!PLAIN_NAME.test(name)) return UNREADABLE
    return found({ type: 'PTR', name, ttl: FOUND_TTL_SECONDS })
  }

  async #askResolver(query: Query, { upstream }: Era): Promise<Outcome> {
    const answer = await upstream?.ask(query)
    if (answer?.type !== 'answer') return RESOLVER_FAILED
    const { rcode, body, ttl, withheld } = answer
    return { rcode, body, ttl, ...(withheld ? { extended: WITHHELD } : {}) }
  }
}

/** Read the name out of a key: a letter for virtual answers, or none, then the question (see {@link Query.key}). */
function nameOfKey(key: string): string {
  const labels: string[] = []
  for (let at = key.startsWith('v') ? 1 : 0; ; ) {
    const length = key.charCodeAt(at)
    if (!(length > 0)) return labels.join('.')
    labels.push(key.slice(at + 1, at + 1 + length))
    at += 1 + length
  }
}

type LookUpPlan = Exclude<AnswerPlan, { type: 'answer' }>

/** What a name of the way back may look like: whoever prints it must not be steered by it. */
const PLAIN_NAME = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?$/

const found = (record: LocalRecord): Outcome => {
  const body = encodeBody(record)
  return body === undefined ? UNREADABLE : { rcode: RCODE.NOERROR, body, ttl: record.ttl }
}

const replyOf = ({ rcode, record, extended }: Extract<AnswerPlan, { type: 'answer' }>): Reply => ({
  rcode,
  body: (record === undefined ? undefined : encodeBody(record)) ?? EMPTY_BODY,
  extended,
})

const ending = (rcode: Outcome['rcode'], extended?: ExtendedError, body: AnswerBody = EMPTY_BODY): Outcome => ({
  rcode,
  body,
  ttl: 0,
  ...(extended === undefined ? {} : { extended }),
})

/** A reply does not tell a name that is not there from a fault at the exit: neither is kept, and neither is NXDOMAIN. */
function failure(outcome: Exclude<Awaited<ReturnType<typeof lookUp>>, { type: 'found' }>): Outcome {
  if (outcome.type === 'unanswered') return NO_ANSWER
  if (outcome.code === REPLY.notAllowed) {
    return ending(RCODE.REFUSED, { code: EXTENDED_ERRORS.prohibited, text: 'the settings of the app do not allow it' })
  }
  return ending(RCODE.SERVFAIL, {
    code: EXTENDED_ERRORS.noReachableAuthority,
    text: 'tor found no address; that does not tell whether there is one',
  })
}

const NO_DATA = ending(RCODE.NOERROR)
const NO_SUCH_NAME = ending(RCODE.NXDOMAIN)
const NO_GATEWAY = ending(RCODE.SERVFAIL, { code: EXTENDED_ERRORS.other, text: 'there is no virtual address to give' })
const UNREADABLE = ending(RCODE.SERVFAIL, { code: EXTENDED_ERRORS.other, text: 'what was found is no name or address' })
const NO_ANSWER = ending(RCODE.SERVFAIL, {
  code: EXTENDED_ERRORS.networkError,
  text: 'the port of the app does not answer',
})
const RENEWED_MEANWHILE = ending(RCODE.SERVFAIL, { code: EXTENDED_ERRORS.other, text: 'the app was renewed meanwhile' })
const RESOLVER_FAILED = ending(RCODE.SERVFAIL, {
  code: EXTENDED_ERRORS.noReachableAuthority,
  text: 'the resolver of the app did not answer; see cordon dns',
})
const OVER_LIMIT = ending(RCODE.REFUSED, { code: EXTENDED_ERRORS.prohibited, text: 'too many look-ups of this app' })
const WITHHELD: ExtendedError = { code: EXTENDED_ERRORS.blocked, text: 'an internal address was withheld' }
