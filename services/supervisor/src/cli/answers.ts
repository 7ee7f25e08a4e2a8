import type {
  ActivityView,
  AppStatus,
  Audit,
  Circuits,
  ClockHistory,
  ClockStatus,
  DnsStatus,
  HistoryView,
  KeptLine,
  Problem,
  ProductView,
  Renewed,
  Status,
  UpdatesView,
} from '@cordon/shared/contracts'
import type { SpanRecord } from '@cordon/shared/telemetry'

/**
 * Reads what an API of ours answered; undefined means that it is nothing known.
 *
 * Only what shows a different version is looked at: both ends belong to one user, and to check every field of every
 * app would take longer than the rest of a command.
 */
export type AnswerReader<T> = (value: unknown) => T | undefined

type Kind = 'string' | 'number' | 'object' | 'array'

const kindOf = (value: unknown): string => (Array.isArray(value) ? 'array' : typeof value)

const reading =
  <T>(fields: Readonly<Record<string, Kind>>): AnswerReader<T> =>
  value => {
    if (typeof value !== 'object' || value === null) return undefined
    const record = value as Record<string, unknown>
    return Object.entries(fields).every(([name, kind]) => kindOf(record[name]) === kind) ? (value as T) : undefined
  }

/** The status of the supervisor. */
export const readStatus = reading<Status>({
  state: 'string',
  network: 'string',
  tor: 'object',
  parts: 'array',
  apps: 'array',
  audit: 'object',
})

/** One app. */
export const readApp = reading<AppStatus>({ id: 'string', port: 'number', isolate: 'string' })

/** The list of apps. */
export const readApps = reading<{ readonly apps: readonly AppStatus[] }>({ apps: 'array' })

/** The circuits of apps. */
export const readCircuits = reading<Circuits>({ apps: 'array' })

/** What the audit saw. */
export const readAudit = reading<Audit>({ verdict: 'string', since: 'string', violations: 'array', drift: 'array' })

/** The clock. */
export const readClock = reading<ClockStatus>({ state: 'string', sources: 'array', decision: 'object' })

/** The good rounds of the last day. */
export const readClockHistory = reading<ClockHistory>({ points: 'array' })

/** What a renewal did. */
export const readRenewed = reading<Renewed>({ id: 'string', nymEpoch: 'number', circuitsClosed: 'number' })

/** How the names of one app are answered. */
export const readDns = reading<DnsStatus>({ id: 'string', dnsPort: 'number', counts: 'object', cache: 'object' })

/** Lines of the log. */
export const readLogs = reading<{ readonly lines: readonly KeptLine[] }>({ lines: 'array' })

/** Spans that have ended. */
export const readSpans = reading<{ readonly spans: readonly SpanRecord[] }>({ spans: 'array' })

/** What every answer is that is not a success. */
export const readProblem = reading<Problem>({ code: 'string', message: 'string' })

/** An answer without a body. */
export const readNothing: AnswerReader<true> = value => (value === undefined ? true : undefined)

/** An answer that is a text of its own. */
export const readText: AnswerReader<string> = value => (typeof value === 'string' ? value : undefined)

/** All products and what is known of them. */
export const readUpdates = reading<UpdatesView>({
  clock: 'string',
  products: 'array',
  catalogue: 'array',
  catalogueUnsigned: 'array',
})

/** One product. */
export const readProduct = reading<ProductView>({ id: 'string', kind: 'string', verdict: 'string' })

/** Checks that ended. */
export const readActivity = reading<ActivityView>({ products: 'array' })

/** The checks that ended. */
export const readHistory = reading<HistoryView>({ entries: 'array' })

/** What was begun; what comes of it is seen elsewhere. */
export const readStarted: AnswerReader<{ readonly products: readonly string[] }> = value => {
  if (typeof value !== 'object' || value === null) return undefined
  return { products: 'products' in value && Array.isArray(value.products) ? value.products : [] }
}
