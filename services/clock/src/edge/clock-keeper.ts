import type {
  ClockDecision,
  ClockPoint,
  ClockSource,
  ClockStatus,
  ClockTrust,
  JobReason,
} from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { monotonicNow, readSystemClock, readTimeAsleep, sendUnixDatagram } from '@cordon/shared/runtime/edge'
import type { SpanContext, Telemetry } from '@cordon/shared/telemetry'
import { judgeTrust, REFUSALS, type SourceVerdict } from '../combine/index.ts'
import {
  type Anchor,
  type Correction,
  chooseDiscipline,
  type DisciplineChoice,
  encodeChronySample,
  explainCorrection,
  History,
  planCorrection,
  timeByAnchor,
  UNDECIDED,
} from '../discipline/index.ts'
import type { ChosenSource } from '../select/index.ts'
import type { AskedSource } from './ask-source.ts'
import type { FloorFile } from './floor-file.ts'
import type { ClockSetter } from './machine-clock.ts'
import { isSocket, listClockDaemons } from './machine-facts.ts'
import { type RoundOptions, runRound } from './run-round.ts'
import type { BelievedTime } from './sntp-server.ts'

/** What the configuration says; read anew for each round. */
export type ClockConfiguration = Pick<RoundOptions, 'pools' | 'settings'>

export interface ClockKeeperOptions
  extends Omit<RoundOptions, keyof ClockConfiguration | 'floorMs' | 'signal' | 'onAsked'> {
  configuration(): ClockConfiguration
  readonly floor: FloorFile
  readonly setter: ClockSetter
  readonly telemetry: Telemetry
  /** Whether an SNTP server of ours is open. */
  serves(): boolean
  /** Done around a step: leases and locks elsewhere are of the wall clock. */
  readonly aroundStep: { before(): void; after(): void }
  readonly listDaemons?: () => Promise<readonly string[]>
}

/** One call for a round. */
export interface SyncCall {
  readonly reason: JobReason
  readonly allowBackward?: boolean
  readonly signal: AbortSignal
  readonly parent?: SpanContext | undefined
  /** Asked right before each effect; rejects if this is no longer ours to do. */
  confirm?(): Promise<void>
}

/** Below the last time established by this much lies the floor: what is allowed to be wrong on both sides (sdwdate). */
const FLOOR_MARGIN_MS = 100_000

/** Measures, decides, corrects, and knows how far the clock can be trusted. One round at a time. */
export class ClockKeeper {
  readonly #options: ClockKeeperOptions
  readonly #history = new History()
  #anchor: Anchor | undefined
  #anchoredAtMs = 0
  #lastOffset: { readonly offsetMs: number; readonly boundMs: number } | undefined
  #hasBeenRight = false
  #decision: ClockDecision = UNDECIDED
  #discipline: DisciplineChoice = { by: 'report', why: 'nothing was measured yet', rivals: [] }
  #sources: ClockStatus['sources'] = []
  #floorMs: number | undefined
  #running: Promise<boolean> | undefined

  constructor(options: ClockKeeperOptions) {
    this.#options = options
    options.telemetry.observe('cordon.clock.offset', () =>
      this.#lastOffset === undefined ? [] : [{ value: this.#lastOffset.offsetMs / 1000 }],
    )
  }

  /** Whether the clock can be trusted now. */
  get trust(): ClockTrust {
    const { settings } = this.#options.configuration()
    const toleranceMs = settings.toleranceSeconds * 1000
    const believed = this.#believe()
    return judgeTrust({
      ageMs: this.#anchor === undefined ? undefined : monotonicNow() - this.#anchoredAtMs,
      slept: believed === undefined,
      offsetMs: believed === undefined ? 0 : believed.unixMs - this.#readWall(),
      boundMs: believed?.boundMs ?? 0,
      toleranceMs,
    })
  }

  /** The time by the last good round, for those who ask us; undefined while the clock is not trusted by it. */
  believedTime(): BelievedTime | undefined {
    const believed = this.#believe()
    if (believed === undefined || this.#anchor === undefined) return undefined
    return { ...believed, delayMs: this.#anchor.delayMs, referenceMs: this.#anchor.unixMs }
  }

  /** What was right may be no longer: the machine slept, or tor's consensus says otherwise. The next round may step. */
  doubt(): void {
    this.#hasBeenRight = false
  }

  status(): Omit<ClockStatus, 'nextSeconds'> {
    const anchor = this.#anchor
    return {
      state: this.trust,
      offsetMs: this.#lastOffset?.offsetMs ?? null,
      boundMs: this.#lastOffset?.boundMs ?? null,
      at: anchor === undefined ? null : new Date(anchor.unixMs).toISOString(),
      ageSeconds: anchor === undefined ? null : Math.round((monotonicNow() - this.#anchoredAtMs) / 1000),
      sources: this.#sources,
      decision: this.#decision,
      discipline: { ...this.#discipline, rivals: [...this.#discipline.rivals] },
      measuring: this.#running !== undefined,
      floor: this.#floorMs === undefined ? null : new Date(this.#floorMs).toISOString(),
    }
  }

  history(): ClockPoint[] {
    return this.#history.points(monotonicNow())
  }

  /** Run a round and act on it, or join the one that runs; report whether it was good. Rejects only when given up. */
  async sync(call: SyncCall): Promise<boolean> {
    this.#running ??= this.#measure(call).finally(() => {
      this.#running = undefined
    })
    return await this.#running
  }

  async #measure({ reason, allowBackward = false, signal, parent, confirm = async () => {} }: SyncCall) {
    const { telemetry, floor } = this.#options
    const span = telemetry.startSpan('clock.measure', { parent })
    try {
      const known = await floor.read()
      if (known.type === 'lost') {
        telemetry.log('clock.floor.lost')
        span.end({ outcome: 'refused' })
        this.#decision = floorLost(floor.paths)
        return false
      }
      this.#floorMs = known.unixMs
      const round = await runRound({
        ...this.#options,
        ...this.#options.configuration(),
        floorMs: known.unixMs,
        signal,
        onAsked: asked => {
          this.#sources = asked.map(one => describeSource(one, undefined))
        },
      })
      const { decision } = round
      this.#sources = round.asked.map((one, at) => describeSource(one, decision.verdicts[at]))
      if (decision.type === 'refused' || round.anchor === undefined) {
        const why = decision.type === 'refused' ? decision.why : 'slept'
        telemetry.log('clock.refused', { refusal: why })
        span.end({ outcome: 'refused' })
        this.#decision = refused(why)
        return false
      }
      span.end({ outcome: 'ok' })
      await confirm()
      await this.#accept(round.anchor, { reason, allowBackward, parent: span.context })
      return true
    } catch (cause) {
      span.fail(cause)
      if (signal.aborted) throw cause
      this.#decision = failed(cause)
      return false
    }
  }

  async #accept(
    anchor: Anchor,
    { reason, allowBackward, parent }: { reason: JobReason; allowBackward: boolean; parent: SpanContext },
  ): Promise<void> {
    const { telemetry, floor, listDaemons = listClockDaemons } = this.#options
    const { settings } = this.#options.configuration()
    const daemons = await listDaemons()
    this.#discipline = chooseDiscipline({
      wanted: settings.discipline,
      chronyListens: isSocket(settings.chronySocket),
      serves: this.#options.serves(),
      mayNotSet: this.#options.setter.mayNotSet(),
      daemons,
    })
    this.#anchor = anchor
    this.#anchoredAtMs = monotonicNow()
    const { unixMs, boundMs } = this.#believe() ?? anchor
    const offsetMs = unixMs - this.#readWall()
    this.#lastOffset = { offsetMs, boundMs }
    this.#history.add({ atMs: this.#anchoredAtMs, offsetMs, boundMs })
    // First: a kill between the two leaves a floor that is true all the same.
    const floorMs = unixMs - boundMs - FLOOR_MARGIN_MS
    await floor.raise(floorMs).catch((cause: unknown) => telemetry.log('clock.floor.unwritten', {}, cause))
    this.#floorMs = Math.max(floorMs, this.#floorMs ?? 0)
    const correction = planCorrection({
      offsetMs,
      boundMs,
      by: this.#discipline.by,
      reason,
      hasBeenRight: this.#hasBeenRight,
      toleranceMs: settings.toleranceSeconds * 1000,
      allowBackward: allowBackward || settings.allowBackward,
    })
    this.#apply(correction, offsetMs, parent)
    if (this.trust === 'trusted') this.#hasBeenRight = true
  }

  #apply(correction: Correction, offsetMs: number, parent: SpanContext): void {
    const { setter, aroundStep, telemetry } = this.#options
    try {
      if (correction.type === 'slew') setter.slew(offsetMs)
      if (correction.type === 'step') {
        const span = telemetry.startSpan('clock.step', { parent, attributes: { offsetMs } })
        aroundStep.before()
        try {
          setter.step(offsetMs)
          telemetry.log('clock.stepped', { offsetMs: Math.round(offsetMs) })
          span.end({ outcome: 'ok' })
        } catch (cause) {
          span.fail(cause)
          throw cause
        } finally {
          aroundStep.after()
        }
      }
      if (correction.type === 'hand-on' && this.#discipline.by === 'chrony') this.#feedChrony()
      this.#decision = explainCorrection(correction, offsetMs, this.#discipline)
    } catch (cause) {
      // CAP_SYS_TIME in a container is one that its kernel does not count.
      const why = cause instanceof Fault ? cause.message : 'the clock could not be set'
      this.#discipline = { by: 'report', why, rivals: [] }
      this.#decision = explainCorrection({ type: 'report' }, offsetMs, this.#discipline)
    }
  }

  #feedChrony(): void {
    const socket = this.#options.configuration().settings.chronySocket
    const believed = this.#believe()
    if (believed === undefined) return
    const localMs = this.#readWall()
    if (sendUnixDatagram(socket, encodeChronySample(localMs, believed.unixMs - localMs))) return
    this.#discipline = { by: 'report', why: 'chrony does not take what is sent to its socket', rivals: [] }
  }

  #believe(): { readonly unixMs: number; readonly boundMs: number } | undefined {
    const anchor = this.#anchor
    return anchor && timeByAnchor(anchor, { rawMs: readSystemClock('raw'), asleepMs: readTimeAsleep() })
  }

  #readWall(): number {
    return this.#options.readWall?.() ?? readSystemClock('wall')
  }
}

function describeSource(
  asked: AskedSource | { readonly source: ChosenSource },
  verdict: SourceVerdict | undefined,
): ClockSource {
  const { pool, operator } = asked.source
  if (!('result' in asked)) {
    return { pool, operator, offsetMs: null, boundMs: null, verdict: 'asking', reason: null, requests: 0 }
  }
  const { result, requests } = asked
  if (result.type === 'failed') {
    return { pool, operator, offsetMs: null, boundMs: null, verdict: 'failed', reason: result.why, requests }
  }
  const { offsetMs, boundMs } = result.sample
  return { pool, operator, offsetMs, boundMs, verdict: verdict ?? 'asking', reason: null, requests }
}

function refused(why: keyof typeof REFUSALS | 'slept'): ClockDecision {
  if (why !== 'slept') return { verdict: 'refused', reason: why, ...REFUSALS[why] }
  return { verdict: 'refused', reason: why, why: 'the machine slept while it was measured', next: null }
}

const floorLost = (paths: readonly string[]): ClockDecision => ({
  verdict: 'refused',
  reason: 'floor-lost',
  why: 'the files that remember the latest time established here are damaged, all of them',
  next: `Look whether somebody damaged them; then remove ${paths.join(' and ')} to begin anew.`,
})

const failed = (cause: unknown): ClockDecision => ({
  verdict: 'failed',
  reason: cause instanceof Fault ? cause.code : 'failed',
  why: cause instanceof Fault ? cause.message : 'the round ended with an error of ours',
  next: cause instanceof Fault ? (cause.next ?? null) : 'See `cordon logs`.',
})
