/**
 * Audit: what tor's own events say about streams and circuits, held against what the gateway sent.
 *
 * Belongs here: the ledger of what was sent, the table from app to stream to circuit, the judgement of both, drift of
 * tor's configuration, the verdict. Does not belong here: the control connection, and what is done about a circuit.
 */
export { Auditor } from './auditor.ts'
export type { AuditAction } from './auditor-options.ts'
export { CircuitTable, groupOf, type SeenCircuit } from './circuit-table.ts'
export { AUDITED_LISTENERS, AUDITED_OPTIONS, findDrift } from './find-drift.ts'
export type { Claim, Sending } from './ledger.ts'
export { makePair, type Pair } from './pair.ts'
export type { AuditView, Violation } from './verdict.ts'
