declare const brand: unique symbol

/** tor's name for a stream, unique while tor runs (control-spec 2.4, StreamID). */
export type StreamId = string & { readonly [brand]: 'StreamId' }

/** tor's name for a circuit, unique while tor runs (control-spec 2.4, CircuitID). */
export type CircuitId = string & { readonly [brand]: 'CircuitId' }

// control-spec 2.4: 1*16 IDChar, IDChar = ALPHA / DIGIT.
const ID = /^[A-Za-z0-9]{1,16}$/

/** The circuit id that stands for "unattached" (control-spec 4.1.2). */
const UNATTACHED = '0'

/** Read a stream id, or return undefined. */
export function parseStreamId(text: string | undefined): StreamId | undefined {
  return text !== undefined && ID.test(text) ? (text as StreamId) : undefined
}

/** Read the id of a circuit that exists, or return undefined. */
export function parseCircuitId(text: string | undefined): CircuitId | undefined {
  return text !== undefined && text !== UNATTACHED && ID.test(text) ? (text as CircuitId) : undefined
}

/** Report whether the circuit field of a stream says that it is unattached. */
export const isUnattached = (text: string | undefined): boolean => text === UNATTACHED
