import { type Static, Type } from '../schema/index.ts'
import { CLOCK_TRUST } from './clock.ts'

const Text = Type.String()
const MaybeText = Type.Union([Text, Type.Null()])
const MaybeNumber = Type.Union([Type.Number(), Type.Null()])

/** What a round made of one source. Offsets are source minus local: positive means that the source is ahead. */
export const CLOCK_SOURCE = Type.Object({
  pool: Text,
  operator: Text,
  offsetMs: MaybeNumber,
  boundMs: MaybeNumber,
  verdict: Type.Enum(['asking', 'truechimer', 'falseticker', 'failed']),
  /** Why it failed or is a falseticker: a word, or the code of a fault. */
  reason: MaybeText,
  requests: Type.Integer({ minimum: 0 }),
})
export type ClockSource = Static<typeof CLOCK_SOURCE>

/** What a round decided, and what was done about it. */
export const CLOCK_DECISION = Type.Object({
  /** `none`: there was no round yet. */
  verdict: Type.Enum(['none', 'stepped', 'slewed', 'handed-on', 'reported', 'right', 'refused', 'failed']),
  /** A word for machines, such as `pools-split` or `outside-consensus`; null where all is well. */
  reason: MaybeText,
  why: Text,
  next: MaybeText,
})
export type ClockDecision = Static<typeof CLOCK_DECISION>

/** The clock in a line, as the status of the whole shows it. */
export const CLOCK_SUMMARY = Type.Object({
  state: CLOCK_TRUST,
  /** Of the last good round, before its correction. Positive: the sources were ahead of this clock. */
  offsetMs: MaybeNumber,
  boundMs: MaybeNumber,
  /** When that round ended, by its own time, RFC 3339. */
  at: MaybeText,
})
export type ClockSummary = Static<typeof CLOCK_SUMMARY>

/** What `cordon clock --json` prints. More fields may follow, none of these change. */
export const CLOCK_STATUS = Type.Object({
  ...CLOCK_SUMMARY.properties,
  ageSeconds: MaybeNumber,
  sources: Type.Array(CLOCK_SOURCE),
  decision: CLOCK_DECISION,
  discipline: Type.Object({
    by: Type.Enum(['chrony', 'sntp', 'direct', 'report']),
    why: Text,
    /** Daemons found that would fight over the clock. */
    rivals: Type.Array(Text),
  }),
  /** Whether a round runs now. */
  measuring: Type.Boolean(),
  nextSeconds: MaybeNumber,
  floor: MaybeText,
})
export type ClockStatus = Static<typeof CLOCK_STATUS>

/** One good round of the past, for the plot of a day. */
export const CLOCK_POINT = Type.Object({ agoSeconds: Type.Number(), offsetMs: Type.Number(), boundMs: Type.Number() })
export type ClockPoint = Static<typeof CLOCK_POINT>
export const CLOCK_HISTORY = Type.Object({ points: Type.Array(CLOCK_POINT) })
export type ClockHistory = Static<typeof CLOCK_HISTORY>

/** What `POST /v1/sync` takes. */
export const SYNC_REQUEST = Type.Object({ allowBackward: Type.Boolean() }, { additionalProperties: false })

/**
 * The gateway's side of the clock (`GET /v1/clock`): what it was told, and what tor knows of the time. The consensus is
 * the one that tor has verified (dir-spec 3.4.1), with the times in RFC 3339; null where there is none. How often tor
 * has reported a skewed clock (control-spec 4.1.10, CLOCK_SKEW) is a reason to measure, and nothing more: one peer of
 * tor's can cause it.
 */
export const GATEWAY_CLOCK = Type.Object({
  state: CLOCK_TRUST,
  circuitEstablished: Type.Boolean(),
  skewReports: Type.Integer({ minimum: 0 }),
  consensus: Type.Union([Type.Object({ validAfter: Text, validUntil: Text }), Type.Null()]),
})
export type GatewayClock = Static<typeof GATEWAY_CLOCK>
