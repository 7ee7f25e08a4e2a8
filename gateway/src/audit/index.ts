/**
 * Audit: what tor's own events say about streams and circuits.
 *
 * Belongs here: the table from app to stream to circuit, breaches in it, drift of tor's configuration. Does not belong
 * here: the control connection, and what is done about a circuit.
 */
export { CircuitTable, groupOf, type SeenCircuit, type SeenStream } from './circuit-table.ts'
export { type Breach, findBreaches } from './find-breaches.ts'
export { AUDITED_OPTIONS, findDrift } from './find-drift.ts'
