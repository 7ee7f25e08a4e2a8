import { randomBytes } from 'node:crypto'
import { lstat } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { listenPrivately, openSocketDirectory } from '@cordon/shared/runtime/edge'

/** Streams that one onion service may have open. Above what a desktop program serves; arbitrary. */
const MOST_STREAMS = 512

/** Where the streams of an onion service go. */
export interface OnionGateOptions {
  readonly layout: RuntimeLayout
  /** The socket by which a confined app is reached: two bytes of port, then its answer, then the stream. */
  readonly inward: string
  /** The app's own port. */
  readonly port: number
  hasRoom(): boolean
}

/** One target of an onion service, which leads to one port of one app. */
export interface OnionGate {
  /** What tor is told to connect to. */
  readonly path: string
  close(): void
}

/**
 * Open an AF_UNIX socket for tor that leads to one port of one app: inside its confinement if it has one, else on
 * 127.0.0.1.
 *
 * Which of the two is decided here and for good: a confined app must not get at the machine's own ports later.
 */
export async function openOnionGate(options: OnionGateOptions): Promise<OnionGate> {
  const { layout } = options
  await openSocketDirectory(layout, layout.onionDirectory)
  const path = join(layout.onionDirectory, `${randomBytes(8).toString('hex')}.sock`)
  const isConfined = await lstat(options.inward).then(
    () => true,
    () => false,
  )
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, outside => {
    if (open.size >= MOST_STREAMS || !options.hasRoom()) {
      outside.destroy()
      return
    }
    open.add(outside)
    outside.on('close', () => open.delete(outside))
    carry(outside, isConfined ? callInward(options) : connectLocally(options.port), isConfined)
  })
  server.on('error', () => {}) // after listen(2): one accept failed, the next may not
  await listenPrivately(server, path, layout.access)
  return {
    path,
    close: () => {
      server.close()
      for (const socket of open) socket.destroy()
    },
  }
}

const connectLocally = (port: number): Socket =>
  connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })

function callInward({ inward, port }: OnionGateOptions): Socket {
  const socket = connect({ path: inward, allowHalfOpen: true })
  socket.write(Uint8Array.of(port >> 8, port & 0xff))
  return socket
}

/** Carry bytes both ways. `answers` says that the inside says first, in one byte, whether there is somebody (0). */
function carry(outside: Socket, inside: Socket, answers: boolean): void {
  const cut = (): void => {
    outside.destroy()
    inside.destroy()
  }
  for (const socket of [outside, inside]) {
    socket.on('error', cut)
    socket.on('close', () => {
      if (!outside.readableEnded || !inside.readableEnded) cut()
    })
  }
  const begin = (): void => {
    outside.pipe(inside)
    inside.pipe(outside)
  }
  if (!answers) {
    begin()
    return
  }
  inside.once('end', cut) // it has gone without a word: whoever waits outside need not
  inside.once('data', (bytes: Buffer) => {
    inside.off('end', cut)
    if (bytes[0] !== 0) {
      cut()
      return
    }
    inside.pause()
    if (bytes.length > 1) inside.unshift(bytes.subarray(1))
    begin()
  })
}
