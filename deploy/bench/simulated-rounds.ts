import type { SourceOutcome } from '../../services/clock/src/combine/index.ts'
import { type SimulatedSource, searchSimulated } from '../../services/clock/test/simulated-source.ts'
import type { KnownRound } from './clock-errors.ts'

/** How the ways to the sources of a round are. */
export interface Ways {
  /** How much of a round trip the ways differ by: 0.3 is 65 % one way and 35 % the other. */
  readonly asymmetry: number
  /** Whether all sources lean the same way, as when the delay is in what they share: the guard, the own uplink. */
  readonly alike: boolean
}

const POOLS = ['alpha', 'beta', 'gamma'] as const
const PER_POOL = 3
/** Round trips of sources, in milliseconds; with the jitter 0.2 to 2 s. */
const ROUND_TRIP = { leastMs: 200, mostMs: 1600 }
/** By how much of itself each way is longer, each time anew, at most. */
const JITTER = 0.25
/** What a server that is kept by NTP is off by, at most. */
const SOURCE_ERROR_MS = 5
const START_MS = Date.UTC(2026, 10, 1)

const between = (low: number, high: number): number => low + Math.random() * (high - low)

/** Play one round in memory: nine honest sources, asked at once by a clock that is some seconds off. */
export function simulateRound({ asymmetry, alike }: Ways): KnownRound {
  const trueOffsetMs = between(-5000, 5000)
  const startMs = START_MS + between(0, 1000)
  const lean = Math.random() < 0.5 ? -1 : 1
  const asked = POOLS.flatMap(pool =>
    Array.from({ length: PER_POOL }, (_, at) => {
      const ownLean = alike || Math.random() < 0.5 ? lean : -lean
      const source = makeSource(trueOffsetMs, asymmetry * ownLean)
      return { source: { pool, operator: `${pool}-${at}`, url: '' }, ...searchSimulated(source, startMs) }
    }),
  )
  const endMs = Math.max(...asked.map(({ exchanges }) => exchanges.at(-1)?.answeredAtMs ?? startMs))
  return {
    outcomes: asked.map(({ source, end }): SourceOutcome => ({ source, result: end })),
    first: asked.flatMap(({ source: { pool }, exchanges: [exchange] }) =>
      exchange === undefined ? [] : [{ pool, exchange }],
    ),
    trueOffsetMs,
    localMs: endMs,
    seconds: (endMs - startMs) / 1000,
    requests: asked.reduce((sum, { exchanges }) => sum + exchanges.length, 0),
  }
}

function makeSource(trueOffsetMs: number, lean: number): SimulatedSource {
  const roundTripMs = between(ROUND_TRIP.leastMs, ROUND_TRIP.mostMs)
  const ownMs = trueOffsetMs + between(-SOURCE_ERROR_MS, SOURCE_ERROR_MS)
  const way = (share: number): number => roundTripMs * share * between(1, 1 + JITTER)
  return {
    clock: localMs => localMs + ownMs,
    delays: () => ({ outMs: way((1 + lean) / 2), backMs: way((1 - lean) / 2) }),
  }
}
