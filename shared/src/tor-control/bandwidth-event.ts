import { type Malformed, malformed } from '../errors/index.ts'
import { parseCount, parseFields } from './fields.ts'
import { type CircuitId, parseCircuitId, parseStreamId, type StreamId } from './identifiers.ts'

/** Bytes that passed since the event before (control-spec 4.1.4, 4.1.13, 4.1.22). */
export interface ByteCounts {
  readonly bytesRead: number
  readonly bytesWritten: number
}

/** All of tor in the last second (control-spec 4.1.4). */
export interface BandwidthEvent extends ByteCounts {
  readonly type: 'bandwidth'
}

/** One stream, from the side of the application; the SOCKS handshake counts too (control-spec 4.1.13). */
export interface StreamBandwidthEvent extends ByteCounts {
  readonly type: 'stream-bandwidth'
  readonly id: StreamId
}

/** One circuit, cells with their overhead (control-spec 4.1.22). */
export interface CircuitBandwidthEvent extends ByteCounts {
  readonly type: 'circuit-bandwidth'
  readonly id: CircuitId
}

/** Read what follows `BW ` in an event: BytesRead SP BytesWritten. */
export function parseBandwidth(text: string): BandwidthEvent | Malformed {
  const [read, written] = text.split(' ', 2)
  const counts = parseCounts(read, written)
  return counts === undefined ? malformed('BW fields') : { type: 'bandwidth', ...counts }
}

/** Read what follows `STREAM_BW ` in an event: StreamID SP BytesWritten SP BytesRead SP Time. */
export function parseStreamBandwidth(text: string): StreamBandwidthEvent | Malformed {
  const [idText, written, read] = text.split(' ', 3)
  const id = parseStreamId(idText)
  const counts = parseCounts(read, written)
  if (id === undefined || counts === undefined) return malformed('STREAM_BW fields')
  return { type: 'stream-bandwidth', id, ...counts }
}

/** Read what follows `CIRC_BW ` in an event. */
export function parseCircuitBandwidth(text: string): CircuitBandwidthEvent | Malformed {
  const keywords = parseFields(text, 0)?.keywords
  const id = parseCircuitId(keywords?.get('ID'))
  const counts = parseCounts(keywords?.get('READ'), keywords?.get('WRITTEN'))
  if (id === undefined || counts === undefined) return malformed('CIRC_BW fields')
  return { type: 'circuit-bandwidth', id, ...counts }
}

function parseCounts(read: string | undefined, written: string | undefined): ByteCounts | undefined {
  const bytesRead = parseCount(read)
  const bytesWritten = parseCount(written)
  return bytesRead === undefined || bytesWritten === undefined ? undefined : { bytesRead, bytesWritten }
}
