import type { Socket } from 'node:net'
import { decodeUserPassword, encodeReply } from '@cordon/shared/socks'

/** Version, one method, RFC 1929: what the gateway's dialer sends. */
const GREETING_BYTES = 3

/** A request is whole, or undefined: its length after the greeting, credentials included (RFC 1929, RFC 1928 section 4). */
function measureRequest(bytes: Buffer): number | undefined {
  const credentials = decodeUserPassword(bytes)
  if (credentials.type !== 'decoded') return undefined
  const request = bytes.subarray(credentials.consumed)
  if (request.length < 5) return undefined
  const address = request[3] === 1 ? 4 : request[3] === 4 ? 16 : 1 + (request[4] ?? 0)
  const length = 4 + address + 2
  return request.length >= length ? credentials.consumed + length : undefined
}

/**
 * Take the handshake that the gateway's dialer and our services send, whatever it asks for, and hand the stream on with
 * what has come of it. It proves nothing about isolation.
 */
export function answerSocks(socket: Socket, serve: (socket: Socket, begun: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0)
  let isGreeted = false
  const read = (chunk: Buffer): void => {
    bytes = Buffer.concat([bytes, chunk])
    if (!isGreeted && bytes.length >= GREETING_BYTES) {
      isGreeted = true
      bytes = bytes.subarray(GREETING_BYTES)
      socket.write(Buffer.of(5, 2))
    }
    const length = isGreeted ? measureRequest(bytes) : undefined
    if (length === undefined) return
    socket.off('data', read)
    // One write, as tor does it: the answer to the credentials and the reply.
    socket.write(Buffer.concat([Buffer.of(1, 0), encodeReply(0)]))
    serve(socket, bytes.subarray(length))
  }
  socket.on('data', read)
  socket.on('error', () => socket.destroy())
}
