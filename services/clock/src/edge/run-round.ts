import { randomInt } from 'node:crypto'
import { BUILD_MS, CEILING_MS, type CompleteClockSettings, type TimePools } from '@cordon/shared/contracts'
import { monotonicNow, readClocksAtOnce, readSystemClock, readTimeAsleep } from '@cordon/shared/runtime/edge'
import { decideRound, type RoundDecision, type TimeLimits } from '../combine/index.ts'
import type { Anchor } from '../discipline/index.ts'
import { type ChosenSource, chooseSources } from '../select/index.ts'
import { type AskedSource, askSource } from './ask-source.ts'
import type { ClockReaders } from './kept-time.ts'

/** What a round needs. */
export interface RoundOptions extends ClockReaders {
  readonly pools: TimePools
  readonly settings: CompleteClockSettings
  readonly appSocket: string
  readonly authorities: readonly string[]
  readonly floorMs: number | undefined
  readonly signal: AbortSignal
  /** Ask for the window of the consensus that tor has verified; undefined when there is none. */
  readWindow(): Promise<TimeLimits['window']>
  /** Called at the start and whenever one has ended, with all of them. */
  onAsked?(asked: readonly (AskedSource | { readonly source: ChosenSource })[]): void
}

/** What came of a round. */
export interface Round {
  readonly asked: readonly AskedSource[]
  readonly decision: RoundDecision
  /** The time as the round found it; only where it was agreed on. */
  readonly anchor: Anchor | undefined
}

/** All is asked at once, and what has not ended by then counts as it is: a round ends within 30 s. */
const ROUND_MS = 25_000
const ASLEEP_MS = 1000

/** Ask the sources, and decide. Never moves a clock. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const { pools, settings, floorMs, signal, onAsked = () => {} } = options
  const chosen = chooseSources(pools, settings.perPool, randomInt)
  const start = readClocks(options)
  const wallMinusMonotonicMs = start.wallMs - start.monotonicMs
  const ended: (AskedSource | { readonly source: ChosenSource })[] = chosen.map(source => ({ source }))
  onAsked(ended)
  const asked = await Promise.all(
    chosen.map(async (source, at) => {
      const one = await askSource(source, {
        appSocket: options.appSocket,
        authorities: options.authorities,
        knownMs: Math.max(start.wallMs, floorMs ?? 0, BUILD_MS),
        maxDelayMs: settings.maxDelaySeconds * 1000,
        wallMinusMonotonicMs,
        endMs: start.monotonicMs + ROUND_MS,
        signal,
      })
      ended[at] = one
      onAsked(ended)
      return one
    }),
  )
  signal.throwIfAborted()
  const window = await options.readWindow()
  const end = readClocks(options)
  // The local timeline of the samples: the wall clock as it was at the start, carried on without its steps.
  const localMs = end.monotonicMs + wallMinusMonotonicMs
  const limits: TimeLimits = { window, floorMs, buildMs: BUILD_MS, ceilingMs: CEILING_MS }
  const decision = decideRound(asked, localMs, limits, settings)
  if (decision.type === 'refused' || end.asleepMs - start.asleepMs > ASLEEP_MS) {
    return { asked, decision, anchor: undefined }
  }
  // A slew of the wall clock moves the monotonic clock too, and so what was measured meanwhile.
  const slewedMs = Math.abs(end.monotonicMs - start.monotonicMs - (end.rawMs - start.rawMs))
  const { offsetMs, boundMs, delayMs } = decision
  const { rawMs, asleepMs } = end
  return {
    asked,
    decision,
    anchor: { rawMs, asleepMs, unixMs: localMs + offsetMs, boundMs: boundMs + slewedMs, delayMs },
  }
}

const readClocks = ({ readWall = () => readSystemClock('wall'), readAsleep = readTimeAsleep }: ClockReaders) =>
  readClocksAtOnce(() => ({
    wallMs: readWall(),
    monotonicMs: monotonicNow(),
    rawMs: readSystemClock('raw'),
    asleepMs: readAsleep(),
  }))
