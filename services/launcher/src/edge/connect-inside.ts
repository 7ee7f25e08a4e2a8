/**
 * Connect inside: a process in a confined program's network namespace that connects to ports of its loopback device and
 * hands the sockets to the launcher. It is started when the first stream comes, and ends with the launcher.
 */
import { Socket } from 'node:net'
import type { InwardAnswer, InwardQuestion } from '../confine/inward.ts'

process.on('message', ({ serial, port }: InwardQuestion) => {
  const socket = new Socket({ allowHalfOpen: true })
  const answer = (connected: boolean): void => {
    const message: InwardAnswer = { serial, connected }
    if (connected) process.send?.(message, socket)
    else process.send?.(message)
  }
  // Paused before it connects, or bytes that come early would be read here.
  socket.pause()
  socket.once('connect', () => answer(true)).once('error', () => answer(false))
  socket.connect({ host: '127.0.0.1', port })
})
process.on('disconnect', () => process.exit(0))
