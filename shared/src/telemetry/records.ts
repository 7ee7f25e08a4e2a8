import { type Static, Type } from '../schema/index.ts'

const FIELDS = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))
const TIME = Type.String({ format: 'date-time' })

/** A span that ended, as the ring keeps it and `cordon traces --json` prints it. */
export const SPAN_RECORD = Type.Object({
  part: Type.String(),
  name: Type.String(),
  traceId: Type.String(),
  spanId: Type.String(),
  parentSpanId: Type.Union([Type.String(), Type.Null()]),
  /** Wall time, which we move; the duration is monotonic. */
  startedAt: TIME,
  durationMs: Type.Number({ minimum: 0 }),
  attributes: FIELDS,
})
export type SpanRecord = Static<typeof SPAN_RECORD>

/** A line that was logged, as the ring keeps it and `cordon logs --json` prints it. */
export const LOG_RECORD = Type.Object({
  at: TIME,
  level: Type.Enum(['error', 'warn', 'info', 'debug']),
  part: Type.String(),
  key: Type.String(),
  says: Type.String(),
  fields: FIELDS,
  /** What was thrown, as far as it may be said. */
  detail: Type.Optional(Type.String()),
})
export type LogRecord = Static<typeof LOG_RECORD>

/** Write a line for people. It holds nothing that steers a terminal. */
export function formatLogRecord({ at, level, part, says, fields, detail }: LogRecord): string {
  const named = Object.entries(fields).map(([key, value]) => `${key}=${value}`)
  const tail = named.length === 0 ? '' : ` (${named.join(', ')})`
  return `${at} ${level.padEnd(5)} ${part}: ${says}${tail}${detail === undefined ? '' : `: ${detail}`}`
}
