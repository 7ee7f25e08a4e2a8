import type { Socket } from 'node:dgram'
import {
  DatagramBatch,
  type DatagramEnd,
  fromIpv4Peer,
  type Ipv4Peer,
  monotonicNow,
  openDatagramSocket,
  type PortUsers,
  senderUid,
  toIpv4Peer,
} from '@cordon/shared/runtime/edge'
import { UDP_MOST_BYTES } from '../wire/index.ts'
import { KnownSenders } from './known-senders.ts'

/** How many questions one look at a socket takes, so that no app holds the others up. Arbitrary. */
const BATCH = 64

/** A batch is done within one turn of the event loop, so all listeners share the room for it. */
const questions = new DatagramBatch(BATCH, UDP_MOST_BYTES)
const responses = new DatagramBatch(BATCH, UDP_MOST_BYTES)

export interface UdpListenerOptions extends DatagramEnd {
  /** The user whose programs are answered. */
  readonly users: PortUsers
  /** Answer the first `bytes` of `message` into `response` at once, and give its length; or 0 where that cannot be. */
  respondAtOnce(message: Buffer, bytes: number, response: Buffer, now: number): number
  onMessage(message: Buffer, respond: (response: Buffer) => void): void
}

/** Tell whether the kernel says who sends over UDP (sock_diag(7), udp_diag), by asking for a socket of ours. */
export const tellsSenders = (own: DatagramEnd): boolean => senderUid(own, { ...own, port: 1 }) !== undefined

/** Listen for datagrams of one user's programs; those of others are dropped unread. */
export async function openUdpListener(options: UdpListenerOptions): Promise<Socket> {
  const { address, port, users, respondAtOnce, onMessage } = options
  const senders = new KnownSenders({ address, port }, users)
  const { socket, descriptor } = await openDatagramSocket(toPeer({ address, port }))
  const answerLater = (message: Buffer, peer: Ipv4Peer): void => {
    const sender = fromIpv4Peer(peer)
    onMessage(message, response => {
      try {
        socket.send(response, sender.port, sender.address)
      } catch {
        // Closed meanwhile: who asked asks again.
      }
    })
  }
  // Node hands over one datagram; what waits behind it is taken in one call, and answered in one.
  socket.on('message', (first, sender) => {
    const now = monotonicNow()
    questions.put(0, first, toPeer(sender))
    const count = 1 + questions.receive(descriptor, 1)
    let answered = 0
    for (let at = 0; at < count; at++) {
      const peer = questions.peer(at)
      if (!senders.has(peer, now)) continue
      const message = questions.slot(at)
      const bytes = questions.received(at)
      const length = respondAtOnce(message, bytes, responses.slot(answered), now)
      if (length === 0) answerLater(Buffer.from(message.subarray(0, bytes)), peer)
      else responses.address(answered++, length, peer)
    }
    responses.send(descriptor, answered)
  })
  // What cannot be sent (no buffers, a sender that is gone) is lost, as datagrams are.
  socket.on('error', () => {})
  return socket
}

const toPeer = ({ address, port }: DatagramEnd): Ipv4Peer => toIpv4Peer(address.split('.').map(Number), port)
