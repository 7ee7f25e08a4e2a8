import type { Socket } from 'node:net'
import { frameMessage, MessageFrames } from '../wire/index.ts'

/** Questions of one connection that are not answered yet; then nothing more is read. */
const PIPELINED_MOST = 32
/** What a program may leave unread. Two of the longest answers. */
const UNREAD_MOST_BYTES = 2 * 65_537

/**
 * Converse with one program over a stream: questions in a row, answers as they are ready (RFC 7766 section 6.2.1.1).
 *
 * One that completes no question in `idleMs` while none is open, or does not read its answers, is closed.
 */
export function converse(
  socket: Socket,
  idleMs: number,
  onMessage: (message: Buffer, respond: (response: Buffer) => void) => void,
): void {
  const frames = new MessageFrames()
  let open = 0
  let isLate = false
  const idle = setTimeout(() => {
    isLate = true
    // What has come by then is read first: a program is not idle because we were held up.
    setImmediate(() => {
      if (isLate && open === 0) socket.destroy()
      else idle.refresh()
    })
  }, idleMs)
  idle.unref()
  const heard = (): void => {
    isLate = false
    idle.refresh()
  }
  socket.on('error', () => {}) // 'close' follows and says it
  socket.on('close', () => clearTimeout(idle))
  socket.on('end', () => {
    if (open === 0) socket.end()
  })
  socket.on('data', chunk => {
    for (const message of frames.push(chunk)) {
      heard()
      open += 1
      let isOpen = true
      const settle = (): void => {
        if (!isOpen) return
        isOpen = false
        open -= 1
        if (socket.destroyed) return
        if (open < PIPELINED_MOST && socket.isPaused()) socket.resume()
        if (open === 0 && socket.readableEnded) socket.end()
      }
      onMessage(message, response => {
        heard()
        if (!socket.destroyed) socket.write(frameMessage(response))
        if (socket.writableLength > UNREAD_MOST_BYTES) socket.destroy()
        settle()
      })
      // What gets no answer at all is no question: on a stream that is the end.
      if (message.length < 12 || ((message[2] ?? 0) & 0x80) !== 0) socket.destroy()
    }
    if (open >= PIPELINED_MOST) socket.pause()
  })
}
