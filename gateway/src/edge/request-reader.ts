import type { Socket } from 'node:net'
import { startDeadline } from '@cordon/shared/runtime/edge'
import { SOCKS4, SOCKS5 } from '@cordon/shared/socks'
import { type AppHandshake, type HandshakeStep, HttpHandshake, Socks4Handshake } from '../streams/index.ts'
import { Socks5Handshake } from './socks5-handshake.ts'

/** What a connection asked for, with the first of its data. */
export type ReadRequest = HandshakeStep & { readonly type: 'request' }

/** Tell the protocols apart by their first byte; undefined is none that a port speaks. */
function chooseHandshake(first: number, extendedErrors: boolean): AppHandshake | undefined {
  if (first === SOCKS5) return new Socks5Handshake({ extendedErrors })
  if (first === SOCKS4) return new Socks4Handshake()
  // HTTP methods are tokens; those in use are upper case (RFC 9110 section 9.1).
  return first >= 0x41 && first <= 0x5a ? new HttpHandshake() : undefined
}

/**
 * Read one request from a new connection, or end it: with a refusal, in silence, or at the deadline.
 *
 * `done` is called once, with the socket paused; undefined means that the connection is over.
 */
export function readRequest(
  socket: Socket,
  { deadlineMs, extendedErrors }: { readonly deadlineMs: number; readonly extendedErrors: boolean },
  done: (request: ReadRequest | undefined) => void,
): void {
  let handshake: AppHandshake | undefined
  const finish = (request: ReadRequest | undefined): void => {
    endDeadline()
    socket.off('data', onData).off('end', giveUp).off('close', giveUp)
    done(request)
  }
  const giveUp = (): void => {
    socket.destroy()
    finish(undefined)
  }
  const endDeadline = startDeadline(deadlineMs, giveUp)
  const onData = (chunk: Buffer): void => {
    handshake ??= chooseHandshake(chunk[0] ?? 0, extendedErrors)
    const step = handshake?.push(chunk) ?? { type: 'refused' }
    if (step.type === 'refused') {
      finish(undefined)
      endWith(socket, step.send)
      return
    }
    if (step.send !== undefined) socket.write(step.send)
    if (step.type === 'more') return
    socket.pause()
    finish(step)
  }
  socket.on('data', onData).on('end', giveUp).on('close', giveUp)
}

/** How long a peer may take to read the last bytes before it is cut off. Arbitrary. */
const LINGER_MS = 500

/** Send the last bytes and end, so that nothing lingers: what the peer still sends is thrown away. */
export function endWith(socket: Socket, last: Uint8Array | undefined): void {
  if (socket.destroyed) return
  if (last !== undefined) socket.write(last)
  socket.end()
  socket.resume()
  const linger = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(linger))
}
