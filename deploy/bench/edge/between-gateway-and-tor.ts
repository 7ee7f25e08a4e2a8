import { rename } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'

/** One look-up as it passed: when all of the question had come, and when all of tor's answer had. */
export interface Passage {
  readonly askedAt: number
  readonly answeredAt: number
}

/** A stand between tor's SocksPort and all who ask it. */
export interface Between {
  /** Find the look-up of a name that passed a moment ago. */
  find(name: string): Passage
  close(): Promise<void>
}

/** Look-ups are measured one by one, and others may pass meanwhile. Arbitrary. */
const REMEMBERED = 64

/**
 * Stand at `path` in the place of tor's SocksPort, and pass on all that comes: tor listens beside it from then on, and
 * what it spends on a look-up can be told from what is spent outside of it.
 */
export async function standBetween(path: string): Promise<Between> {
  const behind = `${path}.tor`
  await rename(path, behind)
  const passages: { request: string; askedAt: number; answeredAt: number }[] = []
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, asker => {
    const tor = connect({ path: behind, allowHalfOpen: true })
    const passage = { request: '', askedAt: Number.NaN, answeredAt: Number.NaN }
    passages.push(passage)
    if (passages.length > REMEMBERED) passages.shift()
    asker.on('data', bytes => {
      passage.askedAt = performance.now()
      passage.request += bytes.toString('latin1')
      tor.write(bytes)
    })
    tor.on('data', bytes => {
      passage.answeredAt = performance.now()
      asker.write(bytes)
    })
    for (const [socket, other] of [
      [asker, tor],
      [tor, asker],
    ] as const) {
      open.add(socket)
      socket.on('end', () => other.end())
      socket.on('error', () => {}) // 'close' follows and says it
      socket.on('close', () => {
        open.delete(socket)
        other.destroy()
      })
    }
  })
  await new Promise<void>(resolve => server.listen({ path }, resolve))
  return {
    find: name => {
      const found = passages.find(({ request }) => request.includes(name))
      if (found === undefined) throw new Error(`no look-up of ${name} passed`)
      return found
    },
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
      await rename(behind, path)
    },
  }
}
