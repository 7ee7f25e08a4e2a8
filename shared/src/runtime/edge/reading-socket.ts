import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { ReadBuffer } from './read-buffer.ts'

/**
 * Take bytes that came, which are gone when it returns. Return false to get no more until the socket is resumed; then
 * they stay until it is.
 */
export type Receiver = (bytes: Uint8Array) => boolean

/** A socket that reads into the same memory again and again, and has no `data` events. */
export interface ReadingSocket {
  readonly socket: Socket
  /** Say who takes what comes. */
  receive(receiver: Receiver): void
}

/** Connect a socket, capable of half-open, that reads into memory of its own. `receive` must be called at once. */
export function connectReading(to: NetConnectOpts): ReadingSocket {
  const buffer = new ReadBuffer()
  let receiver: Receiver = () => true
  const socket = connect({
    ...to,
    allowHalfOpen: true,
    noDelay: true,
    onread: {
      buffer: () => buffer.memory,
      callback: length => {
        const isTaken = receiver(buffer.memory.subarray(0, length))
        buffer.learn(length)
        return isTaken
      },
    },
  })
  const receive = (next: Receiver): void => {
    receiver = next
  }
  return { socket, receive }
}

/** Carry everything that comes from one socket to another, its end included. */
export function pour({ socket, receive }: ReadingSocket, to: Socket): void {
  // The bytes lie in memory that the next read overwrites: until the kernel has taken them all, there is none.
  let isWaiting = false
  const onWritten = (): void => {
    if (!isWaiting || to.writableLength > 0) return
    isWaiting = false
    socket.resume()
  }
  receive(bytes => {
    to.write(bytes, onWritten)
    isWaiting = to.writableLength > 0
    return !isWaiting
  })
  socket.once('end', () => to.end())
}
