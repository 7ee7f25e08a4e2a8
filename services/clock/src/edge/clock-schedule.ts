import { randomBytes } from 'node:crypto'
import type { ClockTrust, GatewayClock, JobReason } from '@cordon/shared/contracts'
import type { JobQueue } from '@cordon/shared/queue'
import { monotonicNow, readSystemClock } from '@cordon/shared/runtime/edge'
import type { SpanContext } from '@cordon/shared/telemetry'
import { planNextRound } from '../discipline/index.ts'
import type { ClockKeeper, SyncCall } from './clock-keeper.ts'
import type { GatewayClient } from './gateway-client.ts'

export interface ClockScheduleOptions {
  readonly keeper: Pick<ClockKeeper, 'trust' | 'doubt' | 'sync'>
  readonly queue: Pick<JobQueue, 'work' | 'state' | 'keep'>
  readonly gateway: Pick<GatewayClient, 'readClock' | 'tell'>
}

/** How often the gateway is looked after: soon while nothing is known, seldom then. Arbitrary. */
const LOOK_MS = { eager: 1000, calm: 10_000 }
/** What speaks against the clock, a consensus that does not fit or a report of tor, is looked into once in so long. */
const DOUBT_MS = 10 * 60_000

/**
 * Decides when a round is due, by monotonic time, and tells the gateway how far the clock is trusted.
 *
 * What is due goes on the queue. While Redis is away it is done without: apps that wait for the clock must not wait for
 * Redis.
 */
export class ClockSchedule {
  readonly #options: ClockScheduleOptions
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #dueAtMs: number | undefined
  #failures = 0
  #hasBegun = false
  #doubtedAtMs = Number.NEGATIVE_INFINITY
  #skewReports = 0

  constructor(options: ClockScheduleOptions) {
    this.#options = options
    options.queue.work('clock', {
      'clock.sync': async ({ reason }, { confirm, signal, span }) => {
        await this.sync({ reason, signal, parent: span, confirm })
      },
    })
    void this.#watch()
  }

  /** Seconds until the next round, or null while none is planned. */
  get nextSeconds(): number | null {
    return this.#dueAtMs === undefined ? null : Math.max(0, Math.round((this.#dueAtMs - monotonicNow()) / 1000))
  }

  /** Run a round now, and plan the next one by how it ended. */
  async sync(call: SyncCall): Promise<boolean> {
    clearTimeout(this.#timer)
    const isGood = await this.#options.keeper.sync(call)
    this.#failures = isGood ? 0 : this.#failures + 1
    this.#plan(planNextRound(this.#failures, Math.random()))
    await this.#tell().catch(() => {}) // it is told again at the next look
    return isGood
  }

  /** The machine slept: what was right may be no longer. What else follows a sleep is queued when this is done. */
  resumed(parent: SpanContext | undefined): void {
    this.#options.keeper.doubt()
    if (this.#hasBegun) this.#due('resume', parent)
  }

  close(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#look)
    this.#abort.abort()
  }

  #plan(waitMs: number): void {
    if (this.#abort.signal.aborted) return
    clearTimeout(this.#timer)
    this.#dueAtMs = monotonicNow() + waitMs
    this.#timer = setTimeout(() => this.#due(this.#failures > 0 ? 'start' : 'schedule'), waitMs)
  }

  #due(reason: JobReason, parent?: SpanContext): void {
    const { queue } = this.#options
    if (queue.state().type === 'usable') {
      try {
        queue.keep('clock.sync', { reason }, { id: `sync-${randomBytes(8).toString('hex')}`, parent })
        return
      } catch {
        // Too many jobs wait already: this one does without the queue.
      }
    }
    this.sync({ reason, signal: this.#abort.signal, parent }).catch(() => {}) // given up because the part ends
  }

  async #watch(): Promise<void> {
    let trust: ClockTrust = 'untrusted'
    try {
      const view = await this.#tell()
      trust = this.#options.keeper.trust
      this.#judge(view)
    } catch {
      // The gateway is away, and the supervisor says so: it is looked after again soon.
    }
    if (this.#abort.signal.aborted) return
    this.#look = setTimeout(() => void this.#watch(), trust === 'trusted' ? LOOK_MS.calm : LOOK_MS.eager)
  }

  /** Tell the gateway what has changed; a new gateway knows nothing. */
  async #tell(): Promise<GatewayClock> {
    const { gateway, keeper } = this.#options
    const view = await gateway.readClock()
    if (view.state !== keeper.trust) await gateway.tell(keeper.trust)
    return view
  }

  #judge({ circuitEstablished, consensus, skewReports }: GatewayClock): void {
    if (!circuitEstablished) return
    const isReported = skewReports > this.#skewReports
    // Fewer than before: another gateway counts anew.
    this.#skewReports = skewReports
    if (!this.#hasBegun) {
      this.#hasBegun = true
      this.#due('start')
      return
    }
    // Stale, or of a time to come: either the clock is wrong or tor is stuck. The clock is looked at first.
    const nowMs = readSystemClock('wall')
    const fits =
      consensus !== null && Date.parse(consensus.validAfter) <= nowMs && nowMs <= Date.parse(consensus.validUntil)
    if ((fits && !isReported) || monotonicNow() - this.#doubtedAtMs < DOUBT_MS) return
    this.#doubtedAtMs = monotonicNow()
    // The consensus is signed by a majority of authorities; a report may come of one peer, and earns a round alone.
    if (!fits) this.#options.keeper.doubt()
    this.#due(fits ? 'schedule' : 'start')
  }
}
