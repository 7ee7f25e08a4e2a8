import type { CircuitEvent, CircuitMinorEvent, StreamEvent } from '@cordon/shared/tor-control'

declare const brand: unique symbol

/** One pair of SOCKS user name and password as tor shows it. Equal pairs may share a circuit, others never. */
export type Pair = string & { readonly [brand]: 'Pair' }

/** No credential that tor shows holds a NUL: it cuts them there (seen on 0.4.9.11). So no two pairs are written alike. */
const SEPARATOR = '\0'

/** Write a pair as one value. */
export const makePair = (username: string, password: string): Pair => `${username}${SEPARATOR}${password}` as Pair

/** The user name of a pair: the tag of an app, or what somebody else sent. */
export const usernameOf = (pair: Pair): string => pair.slice(0, pair.indexOf(SEPARATOR))

/**
 * Read who a line is about; undefined means that it does not say.
 *
 * A client that sent no credentials is a pair too, the empty one. Tor's own streams (no ISO_FIELDS) and the lines of
 * `stream-status` are nobody's.
 */
export function pairOf(event: StreamEvent | CircuitEvent | CircuitMinorEvent): Pair | undefined {
  const { socksUsername, socksPassword } = event
  if (socksUsername !== undefined || socksPassword !== undefined)
    return makePair(socksUsername?.reveal() ?? '', socksPassword?.reveal() ?? '')
  const isClients = event.type === 'stream' && event.isoFields !== undefined && event.isoFields.length > 0
  return isClients ? makePair('', '') : undefined
}
