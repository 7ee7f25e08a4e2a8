import { type Static, Type } from '../schema/index.ts'
import { APP_STATUS } from './admin.ts'
import { CLOCK_SUMMARY } from './clock-status.ts'
import { UPDATES_SUMMARY } from './updates.ts'

/** The parts that the supervisor starts and watches. */
export const PART_NAMES = ['lab', 'tor', 'redis', 'gateway', 'dns', 'clock', 'updates'] as const
export type PartName = (typeof PART_NAMES)[number]

export const PART_STATUS = Type.Object({
  name: Type.Enum([...PART_NAMES]),
  /** `silent`: it was ready and does not answer; it is replaced if it stays so. */
  state: Type.Enum(['down', 'starting', 'ready', 'silent', 'draining', 'failed']),
  pid: Type.Union([Type.Integer(), Type.Null()]),
  /** What the part waits for or why it failed, in one line, or null. */
  detail: Type.Union([Type.String(), Type.Null()]),
  /** Apps do without it: while it is not ready the whole is degraded and their traffic passes. */
  optional: Type.Boolean(),
})
export type PartStatus = Static<typeof PART_STATUS>

/** Tor's bootstrap as the supervisor sees it, with a cause and a next step when it does not move. */
export const TOR_STATUS = Type.Object({
  version: Type.Union([Type.String(), Type.Null()]),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  phase: Type.String(),
  circuitEstablished: Type.Boolean(),
  /** Why it does not move, for machines: a word such as `no-network` or `bridge-dead`. */
  trouble: Type.Union([Type.String(), Type.Null()]),
  cause: Type.Union([Type.String(), Type.Null()]),
  next: Type.Union([Type.String(), Type.Null()]),
})
export type TorStatus = Static<typeof TOR_STATUS>

/** What `cordon status --json` prints. More fields may follow, none of these change. */
export const STATUS = Type.Object({
  state: Type.Enum(['starting', 'ready', 'degraded', 'breached', 'stopped']),
  network: Type.Enum(['tor', 'lab']),
  tor: TOR_STATUS,
  parts: Type.Array(PART_STATUS),
  apps: Type.Array(APP_STATUS),
  /** What the last look at isolation found; `unknown` while there was none. */
  audit: Type.Object({ verdict: Type.Enum(['held', 'breached', 'unknown']), drift: Type.Array(Type.String()) }),
  /** `untrusted` with nothing known while the clock does not answer. */
  clock: CLOCK_SUMMARY,
  /** Null while the update checks do not answer. */
  updates: Type.Union([UPDATES_SUMMARY, Type.Null()]),
  lab: Type.Optional(Type.Object({ onion: Type.String(), authority: Type.String() })),
  /** Mistakes in the newest configuration while an older one stays live, or null. */
  configurationTrouble: Type.Union([Type.String(), Type.Null()]),
})
export type Status = Static<typeof STATUS>

/**
 * What a part says to the supervisor over its IPC channel. A part is ready when it says so, never after a time.
 */
export const PART_MESSAGE = Type.Union([
  /** The answer to {@link PART_QUESTION}. */
  Type.Object({ type: Type.Literal('alive') }),
  Type.Object({ type: Type.Literal('ready') }),
  /** A promise of isolation was seen broken: a person should know at once. */
  Type.Object({ type: Type.Literal('breached') }),
  Type.Object({ type: Type.Literal('waiting'), detail: Type.String() }),
  Type.Object({
    type: Type.Literal('failed'),
    code: Type.String(),
    message: Type.String(),
    next: Type.Union([Type.String(), Type.Null()]),
  }),
])
export type PartMessage = Static<typeof PART_MESSAGE>

/** What the supervisor asks a part over the same channel: an event loop that does not turn cannot answer. */
export const PART_QUESTION = Type.Object({ type: Type.Literal('are-you-alive') })
export type PartQuestion = Static<typeof PART_QUESTION>

/** What the supervisor tells a part over the same channel: it slept so long, and work that is due may go on now. */
export const PART_NOTICE = Type.Object({
  type: Type.Literal('resumed'),
  sleptMs: Type.Number({ minimum: 0 }),
  /** The trace that what follows belongs to (W3C). */
  traceparent: Type.Optional(Type.String()),
})
export type PartNotice = Static<typeof PART_NOTICE>

/** A line that a part wrote, as the supervisor keeps it and `cordon logs --json` prints it. */
export const KEPT_LINE = Type.Object({
  /** Rises by one with each line, from 1 at the start of the supervisor. */
  number: Type.Integer({ minimum: 1 }),
  /** Wall time, RFC 3339. */
  at: Type.String(),
  level: Type.Enum(['info', 'warn', 'error']),
  part: Type.String(),
  /** Printable, one line. */
  text: Type.String(),
})
export type KeptLine = Static<typeof KEPT_LINE>
