import { type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import { parseFields, parseSigned, takeSensitive } from './fields.ts'
import { type CircuitId, isUnattached, parseCircuitId, parseStreamId, type StreamId } from './identifiers.ts'

const STATUSES = [
  'NEW',
  'NEWRESOLVE',
  'REMAP',
  'SENTCONNECT',
  'SENTRESOLVE',
  'SUCCEEDED',
  'FAILED',
  'CLOSED',
  'DETACHED',
  'CONTROLLER_WAIT',
  'XOFF_SENT',
  'XOFF_RECV',
  'XON_SENT',
  'XON_RECV',
] as const

/** What happened to a stream (control-spec 4.1.2). A newer tor may know more: those are 'unrecognized'. */
export type StreamStatus = (typeof STATUSES)[number] | 'unrecognized'

/**
 * The state of one stream (control-spec 4.1.2).
 *
 * Of a line in `stream-status` only the first four fields are there. Credentials are byte strings, one character a byte;
 * an empty one is absent, and tor cuts one at its first NUL (seen on 0.4.9.11).
 */
export interface StreamEvent {
  readonly type: 'stream'
  readonly id: StreamId
  readonly status: StreamStatus
  /** Undefined while the stream is unattached. */
  readonly circuit: CircuitId | undefined
  /** Host and port, as asked for, or after a REMAP the address. */
  readonly target: Sensitive<string>
  readonly reason: string | undefined
  readonly remoteReason: string | undefined
  /** Who remapped it: CACHE or EXIT. */
  readonly source: string | undefined
  /** Where the client connected from; on an AF_UNIX listener tor gives the listener's path and port 0. */
  readonly sourceAddress: Sensitive<string> | undefined
  readonly purpose: string | undefined
  readonly socksUsername: Sensitive<string> | undefined
  readonly socksPassword: Sensitive<string> | undefined
  readonly clientProtocol: string | undefined
  readonly nymEpoch: number | undefined
  readonly sessionGroup: number | undefined
  /** What tor isolates this stream by; empty for tor's own streams, undefined if not said. */
  readonly isoFields: readonly string[] | undefined
}

/** Read what follows `STREAM ` in an event, or one line of `GETINFO stream-status`. */
export function parseStream(text: string): StreamEvent | Malformed {
  const fields = parseFields(text, 4)
  if (fields === undefined) return malformed('STREAM fields')
  const { positional, keywords } = fields
  const [idText, statusText, circuitText, target] = positional
  const id = parseStreamId(idText)
  const circuit = parseCircuitId(circuitText)
  if (id === undefined) return malformed('STREAM id')
  if (circuit === undefined && !isUnattached(circuitText)) return malformed('STREAM circuit')
  if (target === undefined) return malformed('STREAM target')
  const nymEpoch = parseSigned(keywords.get('NYM_EPOCH'))
  const sessionGroup = parseSigned(keywords.get('SESSION_GROUP'))
  if (nymEpoch === undefined && keywords.has('NYM_EPOCH')) return malformed('STREAM NYM_EPOCH')
  if (sessionGroup === undefined && keywords.has('SESSION_GROUP')) return malformed('STREAM SESSION_GROUP')
  return {
    type: 'stream',
    id,
    status: STATUSES.find(status => status === statusText) ?? 'unrecognized',
    circuit,
    target: sensitive(target),
    reason: keywords.get('REASON'),
    remoteReason: keywords.get('REMOTE_REASON'),
    source: keywords.get('SOURCE'),
    sourceAddress: takeSensitive(keywords, 'SOURCE_ADDR'),
    purpose: keywords.get('PURPOSE'),
    socksUsername: takeSensitive(keywords, 'SOCKS_USERNAME'),
    socksPassword: takeSensitive(keywords, 'SOCKS_PASSWORD'),
    clientProtocol: keywords.get('CLIENT_PROTOCOL'),
    nymEpoch,
    sessionGroup,
    isoFields: splitList(keywords.get('ISO_FIELDS')),
  }
}

function splitList(value: string | undefined): readonly string[] | undefined {
  return value === '' ? [] : value?.split(',')
}
