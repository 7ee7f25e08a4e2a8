/**
 * A stream from outside to a program that listens in its namespace: the target of an onion service of its own.
 *
 * Who opens one sends the port, two bytes with the high one first, and hears one byte: 0 when a program listens there, 1
 * when none does. Then bytes are carried.
 */
export const PORT_BYTES = 2
export const ANSWER = { connected: Uint8Array.of(0), refused: Uint8Array.of(1) } as const

/** Read the port that a stream begins with, or return undefined for one that there is not. */
export function readPort(bytes: Uint8Array): number | undefined {
  const port = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  return bytes.length >= PORT_BYTES && port > 0 ? port : undefined
}

/** What the launcher asks of the process that connects inside, and what it answers, with a socket when it connected. */
export interface InwardQuestion {
  readonly serial: number
  readonly port: number
}
export interface InwardAnswer {
  readonly serial: number
  readonly connected: boolean
}
