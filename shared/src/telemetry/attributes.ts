import { JOB_REASONS, JOBS, type JobName, type JobReason, QUEUE_NAMES } from '../contracts/index.ts'
import { CATALOGUE, type FaultCode } from '../errors/index.ts'
import { APP_ID_PATTERN } from '../isolation/index.ts'

/** What the values of one attribute may be. There is no shape for free text. */
type Shape =
  | { readonly type: 'word'; readonly of: readonly string[] }
  | { readonly type: 'pattern'; readonly pattern: RegExp }
  | { readonly type: 'number' }

const word = <const W extends string>(...of: readonly W[]): { readonly type: 'word'; readonly of: readonly W[] } => ({
  type: 'word',
  of,
})
const NUMBER = { type: 'number' } as const

/**
 * The allow-list: every attribute that a span, an instrument or a log line can carry, and its values.
 *
 * None holds a destination, a credential, an onion address, a circuit or a path, and none can: a value is a word of
 * a list, the name of an app, or a number. A test holds this table against the words that must never be in it.
 */
export const ATTRIBUTES = {
  app: { type: 'pattern', pattern: new RegExp(APP_ID_PATTERN) },
  part: word('supervisor', 'lab', 'tor', 'redis', 'gateway', 'dns', 'clock', 'updates', 'launcher', 'command'),
  command: word(
    'up',
    'down',
    'status',
    'apps',
    'run',
    'env',
    'renew',
    'dns',
    'circuits',
    'audit',
    'clock',
    'updates',
    'doctor',
  ),
  outcome: word('ok', 'failed', 'refused', 'cut'),
  fault: { type: 'word', of: Object.keys(CATALOGUE) as FaultCode[] },
  protocol: word('socks4', 'socks5', 'http', 'dns'),
  direction: word('read', 'written'),
  job: { type: 'word', of: Object.keys(JOBS) as JobName[] },
  queue: word(...QUEUE_NAMES),
  reason: { type: 'word', of: JOB_REASONS as readonly JobReason[] },
  refused: word('attribute', 'value', 'second-app', 'unknown-job', 'payload', 'size'),
  dropped: word('queue-full', 'collector', 'rate'),
  /** What follows a sleep of the machine. */
  step: word('circuits', 'health', 'queue'),
  verdict: word('held', 'breached', 'unknown'),
  /** Why a round of the clock moved nothing. */
  refusal: word(
    'no-consensus',
    'outside-consensus',
    'below-floor',
    'before-build',
    'above-ceiling',
    'few-pools',
    'pool-failed',
    'few-operators',
    'no-majority',
    'pools-split',
    'slept',
  ),
  /** The numeric reply that the app heard (RFC 1928 section 6, and tor's F0 to F7). */
  reply: NUMBER,
  appPort: NUMBER,
  attempt: NUMBER,
  circuitsClosed: NUMBER,
  streamsClosed: NUMBER,
  exitCode: NUMBER,
  progress: NUMBER,
  waitMs: NUMBER,
  offsetMs: NUMBER,
  count: NUMBER,
  /** How often the same line was held back since it was last written. */
  more: NUMBER,
} as const satisfies Record<string, Shape>

export type AttributeKey = keyof typeof ATTRIBUTES

type ValueOf<S> = S extends { readonly type: 'word'; readonly of: readonly (infer W)[] }
  ? W
  : S extends { readonly type: 'pattern' }
    ? string
    : number

/** Some attributes, each with values of its shape. */
export type Attributes<K extends AttributeKey = AttributeKey> = {
  readonly [A in K]?: ValueOf<(typeof ATTRIBUTES)[A]> | undefined
}

/** Report whether `value` is one that the attribute may have. A wrapped (`sensitive`) value is of no shape. */
export function fitsAttribute(key: AttributeKey, value: unknown): value is string | number {
  const shape: Shape = ATTRIBUTES[key]
  switch (shape.type) {
    case 'word':
      return typeof value === 'string' && shape.of.includes(value)
    case 'pattern':
      return typeof value === 'string' && shape.pattern.test(value)
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
  }
}
