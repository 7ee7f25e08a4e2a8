import type { SpanRecord } from './records.ts'
import { TraceOwners } from './trace-owners.ts'

/** Join the spans of several parts, oldest first. One app a trace: a second one in it stays unnamed here too. */
export function joinSpans(parts: readonly (readonly SpanRecord[])[]): readonly SpanRecord[] {
  const owners = new TraceOwners()
  return parts
    .flat()
    .toSorted((one, other) => one.startedAt.localeCompare(other.startedAt))
    .map(span => {
      const { app, ...rest } = span.attributes
      return app === undefined || owners.admit(span.traceId, String(app)) ? span : { ...span, attributes: rest }
    })
}
