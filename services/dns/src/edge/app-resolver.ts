import { randomInt } from 'node:crypto'
import type { DnsApp, DnsStatus } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { AnswerCache, InFlight, KEY_MARKS, respondFromCache } from '../cache/index.ts'
import {
  type AnswerPlan,
  ENDINGS,
  type LookUpEnding,
  type NamePolicy,
  planAnswer,
  TokenBucket,
} from '../policy/index.ts'
import {
  decodeQuery,
  EMPTY_BODY,
  encodeBody,
  encodeFailure,
  encodeResponse,
  type Query,
  RCODE,
  type Reply,
} from '../wire/index.ts'
import { type Asker, followPlan, type LookUpPlan, type Sources } from './plan-follower.ts'
import type { Upstream } from './upstream.ts'

/** Which of an app's listeners was asked: loopback follows the settings, AF_UNIX gives virtual addresses. */
export type Listener = 'loopback' | 'socket'

/** What a resolver needs of the rest of the service. */
export interface ResolverSurroundings extends Sources {
  readonly telemetry: Telemetry
  /** Names of this machine and its search suffixes, as they are now. */
  machine(): Pick<NamePolicy, 'machineNames' | 'searchSuffixes'>
  openUpstream(app: DnsApp): Upstream | undefined
}

/** Look-ups at once: tor has 32 circuits under way at most, and a page of the web asks for some dozens of names. */
const IN_FLIGHT_MOST = 256
/** Questions that wait for look-ups at once: programs ask again, and many of them the same. Arbitrary. */
const WAITING_MOST = 4096
const LOOK_UPS_PER_SECOND = 100
const LOOK_UPS_AT_ONCE = 500
/** Begun in one epoch, a look-up may find itself in the next; twice in a row is a user who plays. */
const ATTEMPTS = 2

/** All that belongs to one nym epoch. A new epoch begins with another of it, and nothing of the old is ever given. */
interface Era extends Asker {
  readonly cache: AnswerCache
  readonly flight: InFlight<LookUpEnding>
}

const NOTHING_COUNTED = { cached: 0, lookedUp: 0, local: 0, refused: 0, failed: 0, malformed: 0, overLimit: 0 }

/** Answers the names of one app. */
export class AppResolver {
  readonly counts: { -readonly [K in keyof DnsStatus['counts']]: number } = { ...NOTHING_COUNTED }
  readonly #around: ResolverSurroundings
  readonly #bucket = new TokenBucket(LOOK_UPS_PER_SECOND, LOOK_UPS_AT_ONCE)
  #told = { ok: 0, failed: 0, refused: 0 }
  #waiting = 0
  #cacheBytes: number
  #era: Era

  /** `cacheBytes` is what its cache may take of memory. */
  constructor(app: DnsApp, cacheBytes: number, around: ResolverSurroundings) {
    this.#around = around
    this.#cacheBytes = cacheBytes
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

  /** Set what its cache may take of memory from now on. */
  limitCache(bytes: number): void {
    this.#cacheBytes = bytes
    this.#era.cache.limit(bytes, monotonicNow())
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

  /**
   * Write the response to a plain question over UDP whose answer is kept, and give its length; or 0, and then `answer`
   * answers the message.
   */
  respondAtOnce(message: Buffer, bytes: number, response: Buffer, now: number): number {
    const { app, cache } = this.#era
    const mark = app.virtual ? KEY_MARKS.virtual : KEY_MARKS.plain
    const length = respondFromCache(cache, { message, bytes, mark, now }, response)
    if (length > 0) this.counts.cached += 1
    return length
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
    const key = query.key + String.fromCharCode(isVirtual ? KEY_MARKS.virtual : KEY_MARKS.plain)
    const now = monotonicNow()
    // What is looked up is never of another version than what is kept.
    const isKnown = query.edns === undefined || query.edns.version === 0
    const kept = isKnown ? this.#era.cache.read(Buffer.from(key, 'latin1'), now) : undefined
    if (kept !== undefined) {
      this.counts.cached += 1
      respond(encodeResponse(query, kept, transport))
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
      cache: new AnswerCache({ mostBytes: this.#cacheBytes, seed: randomInt(2 ** 32) }),
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

  async #lookUp(query: Query, key: string, plan: LookUpPlan, now: number): Promise<LookUpEnding> {
    const { flight } = this.#era
    // Joining costs nobody a look-up, but what waits is kept in memory until there is an answer.
    const isJoining = flight.has(key)
    const hasRoom = this.#waiting < WAITING_MOST && (isJoining || flight.size < IN_FLIGHT_MOST)
    if (!hasRoom || !(isJoining || this.#bucket.take(now))) {
      this.counts.overLimit += 1
      return ENDINGS.overLimit
    }
    this.#waiting += 1
    try {
      const outcome = await this.#ask(query, key, plan, ATTEMPTS)
      this.counts[outcome.rcode === RCODE.SERVFAIL ? 'failed' : 'lookedUp'] += 1
      return outcome
    } finally {
      this.#waiting -= 1
    }
  }

  /** Look up in the era that is now. What comes when it is over is neither kept nor given: it is asked anew. */
  async #ask(query: Query, key: string, plan: LookUpPlan, attempts: number): Promise<LookUpEnding> {
    const era = this.#era
    const outcome = await era.flight.join(key, async () => {
      const { telemetry } = this.#around
      const span = telemetry.startSpan('dns.query', { attributes: { app: era.app.id } })
      const found = await followPlan(plan, query, era, this.#around)
      span.end({ outcome: found.rcode === RCODE.SERVFAIL ? 'failed' : 'ok' })
      if (era === this.#era) era.cache.keep(Buffer.from(key, 'latin1'), found, found.ttl, monotonicNow())
      return found
    })
    if (era === this.#era) return outcome
    return attempts > 1 ? await this.#ask(query, key, plan, attempts - 1) : ENDINGS.renewedMeanwhile
  }
}

/** Read the name out of a key, which begins with it (see {@link Query.key}). */
function nameOfKey(key: string): string {
  const labels: string[] = []
  for (let at = 0; ; ) {
    const length = key.charCodeAt(at)
    if (!(length > 0)) return labels.join('.')
    labels.push(key.slice(at + 1, at + 1 + length))
    at += 1 + length
  }
}

const replyOf = ({ rcode, record, extended }: Extract<AnswerPlan, { type: 'answer' }>): Reply => ({
  rcode,
  body: (record === undefined ? undefined : encodeBody(record)) ?? EMPTY_BODY,
  extended,
})
