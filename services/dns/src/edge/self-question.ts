import { createSocket } from 'node:dgram'
import { startDeadline } from '@cordon/shared/runtime/edge'

/** A listener of this process answers in less than a millisecond when the event loop is free. Arbitrary. */
const ANSWER_MS = 2000

/** "localhost", type A, class IN, with recursion (RFC 1035 section 4.1). */
const QUESTION = Buffer.concat([
  Buffer.from('000001000001000000000000', 'hex'),
  Buffer.from('\x09localhost\0\0\x01\0\x01', 'latin1'),
])

/** Ask the listener at a UDP port of 127.0.0.1 for localhost, which is answered without anybody else. */
export async function answersLocalhost(port: number): Promise<boolean> {
  const socket = createSocket('udp4')
  return await new Promise(resolve => {
    const settle = (answered: boolean): void => {
      callOff()
      socket.close()
      resolve(answered)
    }
    const callOff = startDeadline(ANSWER_MS, () => settle(false))
    socket.once('message', answer => settle(answer.length > QUESTION.length))
    socket.once('error', () => settle(false))
    socket.send(QUESTION, port, '127.0.0.1')
  })
}
