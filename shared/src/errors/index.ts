/**
 * Errors: how a failure is said.
 *
 * Belongs here: the outcomes of a decoder, the one error class with its catalogue, the wrapper for values that must
 * not be written. Does not belong here: logging, and any decision about what to do after a failure.
 */
export type { CatalogueEntry, FaultCode } from './catalogue.ts'
export { CATALOGUE } from './catalogue.ts'
export type { Decoded, Incomplete, Malformed } from './decoded.ts'
export { decoded, incomplete, malformed } from './decoded.ts'
export type { FaultOptions, Retry, Where } from './fault.ts'
export { explain, Fault, internal, systemCode } from './fault.ts'
export type { Sensitive } from './sensitive.ts'
export { sensitive } from './sensitive.ts'
