/**
 * Audit: what tor's own events say about streams and circuits.
 *
 * Belongs here: the table from app to stream to circuit. Does not belong here: the control connection, and what is done
 * about a circuit.
 */
export { CircuitTable, groupOf, type SeenCircuit, type SeenStream } from './circuit-table.ts'
