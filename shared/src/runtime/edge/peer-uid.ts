import { isIPv4, type Socket } from 'node:net'
import { decodeSocketOwner, encodeSocketQuestion, type SocketEnds } from '../socket-diagnosis.ts'
import { askSocketDiagnosis } from './system-calls.ts'

/** The kernel answers in microseconds; a second means that it will not. Arbitrary. */
const ANSWER_TIMEOUT_MS = 1000

/**
 * Find the uid of the program at the other end of an accepted loopback TCP connection.
 *
 * Undefined means that it cannot be known (the program has gone, the kernel does not answer): treat it as a stranger.
 */
export function peerUid({ remoteAddress, remotePort, localAddress, localPort }: Socket): number | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined
  if (localAddress === undefined || localPort === undefined) return undefined
  return findOwner('tcp', { address: remoteAddress, port: remotePort }, { address: localAddress, port: localPort })
}

/** Where a datagram came from or went to. */
export interface DatagramEnd {
  readonly address: string
  readonly port: number
}

/** Find the uid of the program that sent a datagram over loopback from `sender` to us at `receiver`; as {@link peerUid}. */
export const senderUid = (sender: DatagramEnd, receiver: DatagramEnd): number | undefined =>
  findOwner('udp', sender, receiver)

function findOwner(protocol: SocketEnds['protocol'], peer: DatagramEnd, own: DatagramEnd): number | undefined {
  const source = toBytes(peer.address)
  const destination = toBytes(own.address)
  if (source === undefined || destination === undefined || source.length !== destination.length) return undefined
  const ends: SocketEnds = {
    protocol,
    family: source.length === 4 ? 'ipv4' : 'ipv6',
    sourceAddress: source,
    sourcePort: peer.port,
    destinationAddress: destination,
    destinationPort: own.port,
  }
  const answer = askSocketDiagnosis(encodeSocketQuestion(ends), ANSWER_TIMEOUT_MS)
  return answer === undefined ? undefined : decodeSocketOwner(answer, ends)
}

const LOOPBACK_6 = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])

/** App ports listen on loopback alone, so these are all the addresses there are. */
function toBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.').map(Number))
  return address === '::1' ? LOOPBACK_6 : undefined
}
