/** Through tor, edge: dials app ports, wraps in TLS, carries one HTTP request at a time, and spans to a collector. */
export type { AppPortCall } from './dial-app-port.ts'
export { dialAppPort, freshCredentials } from './dial-app-port.ts'
export { openPartTelemetry } from './part-telemetry.ts'
export type { WebAnswer, WebConnection, WebOptions, WebRequest } from './web-connection.ts'
export { openWebConnection } from './web-connection.ts'
export type { TlsTrust } from './wrap-in-tls.ts'
export { wrapInTls } from './wrap-in-tls.ts'
