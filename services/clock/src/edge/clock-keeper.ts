import type { ClockDecision, ClockPoint, ClockStatus, ClockTrust, JobReason } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import type { SpanContext } from '@cordon/shared/telemetry'
import {
  type Anchor,
  chooseDiscipline,
  type DisciplineChoice,
  History,
  planCorrection,
  UNDECIDED,
} from '../discipline/index.ts'
import { applyCorrection, type CorrectionPlace } from './apply-correction.ts'
import { describeFailure, describeLostFloor, describeRefusal, describeSource } from './describe-round.ts'
import type { FloorFile } from './floor-file.ts'
import { KeptTime } from './kept-time.ts'
import { isSocket, listClockDaemons } from './machine-facts.ts'
import { type RoundOptions, runRound } from './run-round.ts'
import type { BelievedTime } from './sntp-server.ts'

/** What the configuration says; read anew for each round. */
export type ClockConfiguration = Pick<RoundOptions, 'pools' | 'settings'>

export interface ClockKeeperOptions
  extends CorrectionPlace,
    Omit<RoundOptions, keyof ClockConfiguration | 'floorMs' | 'signal' | 'onAsked'> {
  configuration(): ClockConfiguration
  readonly floor: FloorFile
  /** Whether an SNTP server of ours is open. */
  serves(): boolean
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
  readonly #time: KeptTime
  #lastOffset: { readonly offsetMs: number; readonly boundMs: number } | undefined
  #hasBeenRight = false
  #decision: ClockDecision = UNDECIDED
  #discipline: DisciplineChoice = { by: 'report', why: 'nothing was measured yet', rivals: [] }
  #sources: ClockStatus['sources'] = []
  #floorMs: number | undefined
  #running: Promise<boolean> | undefined

  constructor(options: ClockKeeperOptions) {
    this.#options = options
    this.#time = new KeptTime(options)
    options.telemetry.observe('cordon.clock.offset', () =>
      this.#lastOffset === undefined ? [] : [{ value: this.#lastOffset.offsetMs / 1000 }],
    )
  }

  /** Whether the clock can be trusted now. */
  get trust(): ClockTrust {
    return this.#time.judge(this.#options.configuration().settings.toleranceSeconds * 1000)
  }

  /** The time by the last good round, for those who ask us; undefined while the clock is not trusted by it. */
  believedTime(): BelievedTime | undefined {
    const { anchor } = this.#time
    const believed = this.#time.believe()
    if (believed === undefined || anchor === undefined) return undefined
    return { ...believed, delayMs: anchor.delayMs, referenceMs: anchor.unixMs }
  }

  /** What was right may be no longer: the machine slept, or tor's consensus says otherwise. The next round may step. */
  doubt(): void {
    this.#hasBeenRight = false
  }

  status(): Omit<ClockStatus, 'nextSeconds'> {
    const { anchor, ageMs } = this.#time
    return {
      state: this.trust,
      offsetMs: this.#lastOffset?.offsetMs ?? null,
      boundMs: this.#lastOffset?.boundMs ?? null,
      at: anchor === undefined ? null : new Date(anchor.unixMs).toISOString(),
      ageSeconds: ageMs === undefined ? null : Math.round(ageMs / 1000),
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
        this.#decision = describeLostFloor(floor.paths)
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
        span.end({ outcome: 'refused' })
        return this.#refuse(decision.type === 'refused' ? decision.why : 'slept')
      }
      span.end({ outcome: 'ok' })
      await confirm()
      return await this.#accept(round.anchor, { reason, allowBackward, parent: span.context })
    } catch (cause) {
      span.fail(cause)
      if (signal.aborted) throw cause
      this.#decision = describeFailure(cause)
      return false
    }
  }

  /** Take a good round for the time, and act on it; report whether it still is one. */
  async #accept(
    anchor: Anchor,
    { reason, allowBackward, parent }: { reason: JobReason; allowBackward: boolean; parent: SpanContext },
  ): Promise<boolean> {
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
    const atMs = this.#time.keep(anchor)
    const believed = this.#time.believe()
    // What the round found is as old as that sleep, and nobody knows how old that is.
    if (believed === undefined) return this.#refuse('slept')
    const { unixMs, boundMs, wallMs } = believed
    const offsetMs = unixMs - wallMs
    this.#lastOffset = { offsetMs, boundMs }
    this.#history.add({ atMs, offsetMs, boundMs })
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
    const { chronySocket } = settings
    const planned = { correction, offsetMs, discipline: this.#discipline, chronySocket, parent }
    const { decision, discipline } = applyCorrection(this.#options, this.#time, planned)
    this.#decision = decision
    this.#discipline = discipline
    if (this.trust === 'trusted') this.#hasBeenRight = true
    return true
  }

  #refuse(why: Parameters<typeof describeRefusal>[0]): false {
    this.#options.telemetry.log('clock.refused', { refusal: why })
    this.#decision = describeRefusal(why)
    return false
  }
}
