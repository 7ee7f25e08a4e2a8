import type { Telemetry } from '@cordon/shared/telemetry'

const SPAN = {
  context: { traceId: '0'.repeat(32), spanId: '0'.repeat(16) },
  set: () => {},
  end: () => {},
  fail: () => {},
}

/** Telemetry that does nothing: what the cost of the real one is measured against. */
export const NO_TELEMETRY: Telemetry = {
  startSpan: () => SPAN,
  count: () => {},
  measure: () => {},
  observe: () => {},
  log: () => {},
  spans: () => [],
  lines: () => [],
  metrics: async () => '',
  close: async () => {},
}
