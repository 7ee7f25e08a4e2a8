import { connect, type Socket } from 'node:net'
import { type HandshakeOutcome, openHandshake, parseTarget } from '@cordon/shared/socks'

/**
 * Open a stream through an app's AF_UNIX port to an address, which may be a virtual one that stands for a name.
 *
 * Resolve with the connected socket, paused and capable of half-open; reject with the reason. The gateway has a deadline
 * of its own.
 */
export async function openStream(appSocket: string, host: string, port: number): Promise<Socket> {
  const handshake = openHandshake({ command: 'connect', target: parseTarget(host), port })
  const socket = connect({ path: appSocket, allowHalfOpen: true })
  return await new Promise<Socket>((resolve, reject) => {
    const fail = (why: Error): void => {
      socket.on('error', () => {}) // it is given up; how it ends does not matter
      socket.destroy()
      reject(why)
    }
    const finish = (outcome: HandshakeOutcome, readAhead: Uint8Array): void => {
      socket.off('data', receive).off('end', end).off('error', fail).off('connect', advance)
      if (outcome.type !== 'connected') {
        fail(new Error(outcome.type))
        return
      }
      socket.pause()
      if (readAhead.length > 0) socket.unshift(readAhead)
      resolve(socket)
    }
    const advance = (): void => {
      for (let step = handshake.next(); step.type !== 'receive'; step = handshake.next()) {
        if (step.type === 'finished') {
          finish(step.outcome, step.readAhead)
          return
        }
        socket.write(step.bytes)
      }
    }
    const receive = (bytes: Buffer): void => {
      handshake.push(bytes)
      advance()
    }
    const end = (): void => {
      handshake.end()
      advance()
    }
    socket.on('data', receive).on('end', end).on('error', fail).on('connect', advance)
  })
}
