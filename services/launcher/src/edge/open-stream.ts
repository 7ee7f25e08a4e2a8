import type { Socket } from 'node:net'
import { connectReading, type ReadingSocket } from '@cordon/shared/runtime/edge/reading-socket'
import { openHandshake, parseTarget } from '@cordon/shared/socks'

/**
 * Open a stream through an app's AF_UNIX port to an address, which may be a virtual one that stands for a name.
 *
 * `done` is called once, with undefined when there is no stream; whoever gets one must receive at once. The socket is
 * returned, so that the caller can end it before. The gateway has a deadline of its own.
 */
export function openStream(
  appSocket: string,
  host: string,
  port: number,
  done: (stream: ReadingSocket | undefined) => void,
): Socket {
  const handshake = openHandshake({ command: 'connect', target: parseTarget(host), port, atOnce: true })
  const reading = connectReading({ path: appSocket })
  const { socket, receive } = reading
  const gone = (): void => {
    handshake.end()
    advance()
  }
  const advance = (): void => {
    for (let step = handshake.next(); step.type !== 'receive'; step = handshake.next()) {
      if (step.type === 'finished') {
        socket.off('end', gone).off('close', gone)
        if (step.outcome.type !== 'connected') socket.destroy()
        done(step.outcome.type === 'connected' ? begin(reading, step.readAhead) : undefined)
        return
      }
      socket.write(step.bytes)
    }
  }
  receive(bytes => {
    handshake.push(Uint8Array.from(bytes))
    advance()
    return true
  })
  socket.on('error', () => {}) // told by `close`
  socket.on('end', gone).on('close', gone)
  advance()
  return socket
}

/** What the far side said with its answer comes first. */
function begin({ socket, receive }: ReadingSocket, readAhead: Uint8Array): ReadingSocket {
  return {
    socket,
    receive: next => {
      receive(next)
      if (readAhead.length > 0 && !next(readAhead)) socket.pause()
    },
  }
}
