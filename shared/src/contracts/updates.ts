import { type Static, Type } from '../schema/index.ts'
import { PRODUCT_ID_PATTERN, PRODUCT_SETTINGS, SOURCE_KINDS } from './product-settings.ts'

const TextOrNull = Type.Union([Type.String(), Type.Null()])

/** What is known of one product, as `GET /v1/updates` lists it. More fields may follow, none of these change. */
export const PRODUCT_VIEW = Type.Object({
  id: Type.String(),
  kind: Type.Enum([...SOURCE_KINDS]),
  /** Whether nobody signs what the source says. */
  unsigned: Type.Boolean(),
  installed: TextOrNull,
  latest: TextOrNull,
  verdict: Type.Enum(['current', 'available', 'unknown']),
  /** The keys that signed `latest`, or null. */
  signedBy: TextOrNull,
  /** Wall time, RFC 3339, as the source says. */
  publishedAt: TextOrNull,
  /** When the source last answered and was believed. */
  checkedAt: TextOrNull,
  /** Whether another machine of the fleet asked, and told this one. */
  learned: Type.Boolean(),
  /** Why the verdict is unknown: the code of a Fault, and its sentence and next step. */
  reason: TextOrNull,
  detail: TextOrNull,
  next: TextOrNull,
  activity: Type.Enum(['idle', 'queued', 'checking', 'fetching']),
  /** Of a fetch that runs, has ended or was interrupted. */
  download: Type.Union([
    Type.Null(),
    Type.Object({
      state: Type.Enum(['partial', 'verified', 'failed']),
      bytes: Type.Integer({ minimum: 0 }),
      of: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
      file: TextOrNull,
      detail: TextOrNull,
    }),
  ]),
})
export type ProductView = Static<typeof PRODUCT_VIEW>

/** What is done about a product now: what a command that waits looks at again and again. */
const { id, activity, download } = PRODUCT_VIEW.properties
export const PRODUCT_ACTIVITY = Type.Object({ id, activity, download })
export type ProductActivity = Static<typeof PRODUCT_ACTIVITY>
export const ACTIVITY_VIEW = Type.Object({ products: Type.Array(PRODUCT_ACTIVITY) })
export type ActivityView = Static<typeof ACTIVITY_VIEW>

const Count = Type.Integer({ minimum: 0 })

/** The products in a line, as the status of the whole shows them: how many there are of each verdict. */
export const UPDATES_SUMMARY = Type.Object({ current: Count, available: Count, unknown: Count })
export type UpdatesSummary = Static<typeof UPDATES_SUMMARY>

/** What `cordon updates --json` prints. */
export const UPDATES_VIEW = Type.Object({
  /** Nothing is judged while the clock is not trusted. */
  clock: Type.Enum(['trusted', 'untrusted']),
  products: Type.Array(PRODUCT_VIEW),
  /** Products that can be added by their name alone. */
  catalogue: Type.Array(Type.String()),
  /** Those of the catalogue that nobody signs. */
  catalogueUnsigned: Type.Array(Type.String()),
})
export type UpdatesView = Static<typeof UPDATES_VIEW>

/** One check that ended, as `cordon updates history --json` lists it, newest first. */
export const HISTORY_ENTRY = Type.Object({
  id: Type.String(),
  at: Type.String(),
  outcome: Type.Enum(['found', 'failed']),
  /** Whether nobody signs what the source says. */
  unsigned: Type.Boolean(),
  version: TextOrNull,
  reason: TextOrNull,
})
export type HistoryEntry = Static<typeof HISTORY_ENTRY>
export const HISTORY_VIEW = Type.Object({ entries: Type.Array(HISTORY_ENTRY) })
export type HistoryView = Static<typeof HISTORY_VIEW>

/** What `POST /v1/updates/products` takes. */
export const PRODUCT_ADDITION = Type.Object(
  { id: Type.String({ pattern: PRODUCT_ID_PATTERN }), settings: PRODUCT_SETTINGS },
  { additionalProperties: false },
)
