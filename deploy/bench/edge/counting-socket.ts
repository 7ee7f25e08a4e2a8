import { connect, createServer, type Socket } from 'node:net'

/** Counts what passes to and from a socket. */
export interface CountingSocket {
  /** Both ways together, since it was opened. */
  readonly bytes: number
  close(): void
}

/** Listen at `path` and pass all on to the socket at `target`. */
export async function openCountingSocket(path: string, target: string): Promise<CountingSocket> {
  let bytes = 0
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, near => {
    const far = connect({ path: target, allowHalfOpen: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', chunk => {
        bytes += chunk.length
      })
      from.on('error', () => {}) // its close follows
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  return {
    get bytes() {
      return bytes
    },
    close: () => {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}
