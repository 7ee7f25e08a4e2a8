import { type Static, Type } from '@cordon/shared/schema'
import { VERSION_PATTERN } from '../versions/index.ts'

const closed = { additionalProperties: false } as const
const TextOrNull = Type.Union([Type.String({ maxLength: 4096 }), Type.Null()])
const TimeOrNull = Type.Union([Type.Number(), Type.Null()])

const FOUND = {
  version: Type.String({ pattern: VERSION_PATTERN }),
  signedBy: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 64 }),
  signedAtMs: TimeOrNull,
  publishedAtMs: TimeOrNull,
  validUntilMs: TimeOrNull,
  checkedAtMs: Type.Number(),
  download: Type.Union([
    Type.Null(),
    Type.Object(
      {
        address: Type.String({ maxLength: 4096 }),
        fallback: TextOrNull,
        bytes: TimeOrNull,
        sha256: TextOrNull,
        signature: TextOrNull,
      },
      closed,
    ),
  ]),
} as const

/** An answer as machines of a fleet pass it on: nothing in it says what is installed anywhere. */
export const SHARED_ANSWER = Type.Object({ ...FOUND, trust: Type.String({ maxLength: 64 }) }, closed)
export type SharedAnswer = Readonly<Static<typeof SHARED_ANSWER>>

/** `question` is what was asked: an answer to another one is none. */
const ANSWER = Type.Object({ ...FOUND, question: Type.String({ maxLength: 64 }) }, closed)

/**
 * All that is kept of one product, in one file that is replaced as a whole. Times are wall time in milliseconds, written
 * only while the clock was trusted.
 */
export const PRODUCT_MEMORY = Type.Object(
  {
    format: Type.Literal(1),
    /** What the marks below were seen under: keys and addresses of the settings, and the chain's own keys. */
    trust: Type.String({ maxLength: 4096 }),
    highestVersion: TextOrNull,
    newestDateMs: TimeOrNull,
    answer: Type.Union([ANSWER, Type.Null()]),
    /** Whether another machine of the fleet has found the answer. */
    isLearned: Type.Boolean(),
    /** Why the newest check failed, or null if it did not. */
    failure: Type.Union([
      Type.Null(),
      Type.Object({ code: Type.String(), message: Type.String(), next: TextOrNull, atMs: Type.Number() }, closed),
    ]),
    history: Type.Array(Type.Object({ atMs: Type.Number(), version: TextOrNull, reason: TextOrNull }, closed), {
      maxItems: 64,
    }),
    /** The newest version that the desktop was told of. */
    notified: TextOrNull,
    /** Trusted TUF metadata by file name, in Base64. */
    tuf: Type.Record(Type.String({ maxLength: 512 }), Type.String()),
    /** When it was last due and how long after that it is due again. */
    schedule: Type.Union([
      Type.Null(),
      Type.Object({ sinceMs: Type.Number(), gapMs: Type.Number(), failures: Type.Integer({ minimum: 0 }) }, closed),
    ]),
  },
  closed,
)
export type ProductMemory = Static<typeof PRODUCT_MEMORY>

/** Nothing seen yet. */
export const EMPTY_MEMORY: ProductMemory = {
  format: 1,
  trust: '',
  highestVersion: null,
  newestDateMs: null,
  answer: null,
  isLearned: false,
  failure: null,
  history: [],
  notified: null,
  tuf: {},
  schedule: null,
}
