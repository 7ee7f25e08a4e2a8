/** Telemetry edge: the only place with the OpenTelemetry SDK, the logger, and the socket of a collector. */
export type { DialThroughTor } from './collector-agent.ts'
export type { TelemetryOptions } from './open-telemetry.ts'
export { openTelemetry } from './open-telemetry.ts'
