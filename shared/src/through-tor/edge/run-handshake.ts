import type { Socket } from 'node:net'
import type { Handshake } from '../../socks/index.ts'

/**
 * Do over `socket`, which need not be connected yet, what `handshake` says, and give its outcome.
 *
 * Reject with what broke the socket, or with an Error if it was destroyed without a reason: deadlines and signals are the
 * caller's, who destroys it. Afterwards the socket is paused, nothing of ours listens to it, and it gives first what the
 * peer sent ahead.
 */
export async function runHandshake<Outcome>(handshake: Handshake<Outcome>, socket: Socket): Promise<Outcome> {
  return await new Promise<Outcome>((resolve, reject) => {
    const settle = (): void => {
      socket.off('data', receive).off('end', end).off('error', fail).off('close', closed).pause()
    }
    const fail = (why: Error): void => {
      settle()
      reject(why)
    }
    const closed = (): void => fail(new Error('the socket was closed'))
    const advance = (): void => {
      for (let step = handshake.next(); step.type !== 'receive'; step = handshake.next()) {
        if (step.type === 'finished') {
          settle()
          if (step.readAhead.length > 0) socket.unshift(step.readAhead)
          resolve(step.outcome)
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
    socket.on('data', receive).on('end', end).on('error', fail).on('close', closed)
    advance()
  })
}
