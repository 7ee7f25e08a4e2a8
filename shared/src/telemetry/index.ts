/**
 * Telemetry: what a part may say of itself, as data, and the bounds on how much it says.
 *
 * Belongs here: the allow-list of spans, attributes, instruments and log lines; escaping, limits, the ring; trace
 * context as text; in `edge/`, the OpenTelemetry SDK, the logger and the collector. Does not belong here: deciding
 * what happened, serving what the ring holds, and anything that reaches another machine by itself.
 */
export { admitSpan } from './admit-span.ts'
export { AllowList } from './allow-list.ts'
export type { AttributeKey, Attributes } from './attributes.ts'
export { ATTRIBUTES, fitsAttribute } from './attributes.ts'
export type { CollectorAddress } from './collector-address.ts'
export { parseCollectorAddress } from './collector-address.ts'
export { describeError } from './described-error.ts'
export type { CounterName, GaugeName, HistogramName, InstrumentAttributeKey, InstrumentName } from './instruments.ts'
export { INSTRUMENTS } from './instruments.ts'
export { joinSpans } from './join-spans.ts'
export { LineLimit } from './line-limit.ts'
export type { LogFieldKey, LogKey, LogLevel } from './log-lines.ts'
export { LOG_LEVELS, LOG_LINES } from './log-lines.ts'
export { TEXT_MAX_CHARACTERS, toPlainText } from './plain-text.ts'
export type { LogRecord, SpanRecord } from './records.ts'
export { formatLogRecord, LOG_RECORD, SPAN_RECORD } from './records.ts'
export { Ring } from './ring.ts'
export type { SpanAttributeKey, SpanName } from './spans.ts'
export { SPANS } from './spans.ts'
export type { Reading, Span, SpanOptions, Telemetry } from './telemetry.ts'
export { TraceOwners } from './trace-owners.ts'
export type { SpanContext } from './trace-parent.ts'
export { formatTraceParent, parseTraceParent } from './trace-parent.ts'
