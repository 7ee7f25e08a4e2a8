import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { openHandshake } from '@cordon/shared/socks'
import type { Credentials } from './stream-batch.ts'

/** As long as dns itself waits. */
const DEADLINE_MS = 30_000

/** Type A, class IN, with recursion (RFC 1035 section 4.1). */
const encodeQuestion = (name: string): Buffer =>
  Buffer.concat([
    Buffer.from('000701000001000000000000', 'hex'),
    ...name.split('.').flatMap(label => [Buffer.of(label.length), Buffer.from(label)]),
    Buffer.from('0000010001', 'hex'),
  ])

/** Ask a resolver of this machine for the address of a name; give how long it took, in milliseconds. */
export async function timeQuestion(port: number, name: string): Promise<number> {
  const socket = createSocket('udp4')
  const start = performance.now()
  return await within(
    name,
    (resolve, reject) => {
      socket.once('error', reject)
      socket.once('message', answer => {
        const ms = performance.now() - start
        // RCODE in the lower half of the fourth byte, ANCOUNT behind QDCOUNT.
        const isFound = ((answer[3] ?? 0) & 0x0f) === 0 && answer.readUInt16BE(6) === 1
        if (isFound) resolve(ms)
        else reject(new Error(`no address for ${name}`))
      })
      socket.send(encodeQuestion(name), port, '127.0.0.1')
    },
    () => socket.close(),
  )
}

/** Ask tor's SocksPort for it (RESOLVE), as the stream of those credentials; give how long it took. */
export async function timeResolve(path: string, { user, password }: Credentials, name: string): Promise<number> {
  const credentials = { user: Buffer.from(user), password: Buffer.from(password) }
  const start = performance.now()
  const socket = connect({ path, noDelay: true })
  const handshake = openHandshake({ command: 'resolve', target: { type: 'name', name }, port: 0, credentials })
  return await within(
    name,
    (resolve, reject) => {
      const advance = (): void => {
        let step = handshake.next()
        for (; step.type === 'send'; step = handshake.next()) socket.write(step.bytes)
        if (step.type !== 'finished') return
        if (step.outcome.type === 'resolved') resolve(performance.now() - start)
        else reject(new Error(`tor: ${JSON.stringify(step.outcome)} for ${name}`))
      }
      socket.once('error', reject)
      socket.on('data', bytes => {
        handshake.push(bytes)
        advance()
      })
      socket.once('connect', advance)
    },
    () => socket.destroy(),
  )
}

async function within(
  name: string,
  begin: (resolve: (ms: number) => void, reject: (cause: Error) => void) => void,
  end: () => void,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const late = setTimeout(() => reject(new Error(`no answer in time for ${name}`)), DEADLINE_MS)
  begin(resolve, reject)
  return await promise.finally(() => {
    clearTimeout(late)
    end()
  })
}
