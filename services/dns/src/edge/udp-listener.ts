import { createSocket, type Socket } from 'node:dgram'
import { type DatagramEnd, monotonicNow, type PortUsers, senderUid } from '@cordon/shared/runtime/edge'

/** Asking the kernel takes 20 µs. A port that one program lets go of is hardly another user's within this. */
const SAME_SENDER_MS = 10

/** Addresses are what we are given; the default would look them up, in another turn of the event loop. */
const sameAddress = (
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => callback(null, address, 4)

export interface UdpListenerOptions {
  readonly address: string
  readonly port: number
  /** The user whose programs are answered. */
  readonly users: PortUsers
  onMessage(message: Buffer, respond: (response: Buffer) => void): void
}

/** Tell whether the kernel says who sends over UDP (sock_diag(7), udp_diag), by asking for a socket of ours. */
export const tellsSenders = (own: DatagramEnd): boolean => senderUid(own, { ...own, port: 1 }) !== undefined

/** Listen for datagrams of one user's programs; those of others are dropped unread. */
export async function openUdpListener(options: UdpListenerOptions): Promise<Socket> {
  const { address, port, users, onMessage } = options
  const socket = createSocket({ type: 'udp4', lookup: sameAddress })
  const own = { address, port }
  let known = { port: 0, until: 0 }
  socket.on('message', (message, sender) => {
    const now = monotonicNow()
    if (sender.port !== known.port || now >= known.until) {
      if (!users(senderUid(sender, own))) return
      known = { port: sender.port, until: now + SAME_SENDER_MS }
    }
    onMessage(message, response => {
      try {
        socket.send(response, sender.port, sender.address)
      } catch {
        // Closed meanwhile: who asked asks again.
      }
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject)
      resolve()
    })
  })
  // What cannot be sent (no buffers, a sender that is gone) is lost, as datagrams are.
  socket.on('error', () => {})
  return socket
}
