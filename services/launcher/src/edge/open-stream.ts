import { connect, type Socket } from 'node:net'
import { openHandshake, parseTarget } from '@cordon/shared/socks'
import { runHandshake } from '@cordon/shared/through-tor/edge/run-handshake'

/**
 * Open a stream through an app's AF_UNIX port to an address, which may be a virtual one that stands for a name.
 *
 * Resolve with the connected socket, paused and capable of half-open; reject with the reason. The gateway has a deadline
 * of its own.
 */
export async function openStream(appSocket: string, host: string, port: number): Promise<Socket> {
  const handshake = openHandshake({ command: 'connect', target: parseTarget(host), port })
  const socket = connect({ path: appSocket, allowHalfOpen: true })
  const outcome = await runHandshake(handshake, socket)
  if (outcome.type === 'connected') return socket
  socket.destroy()
  throw new Error(outcome.type)
}
