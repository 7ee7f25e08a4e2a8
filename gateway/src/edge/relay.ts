import type { Socket } from 'node:net'
import type { TorStream } from './tor-dialer.ts'

/**
 * Carry bytes both ways until both ends have finished.
 *
 * Both sockets are half-open capable, so the end of one direction is passed on and the other goes on. A socket that
 * closes before its time takes the other along.
 */
export function relay(app: Socket, { socket: tor, receive }: TorStream): void {
  const cut = (): void => {
    app.destroy()
    tor.destroy()
  }
  const closed = (): void => {
    if (!app.readableEnded || !tor.readableEnded) cut()
  }
  app.on('error', cut).on('close', closed)
  tor.on('error', cut).on('close', closed)
  app.pipe(tor)
  // Tor's bytes lie in memory that its next read overwrites: until the kernel has taken them all, there is none.
  let isWaiting = false
  const onWritten = (): void => {
    if (!isWaiting || app.writableLength > 0) return
    isWaiting = false
    tor.resume()
  }
  receive(bytes => {
    app.write(bytes, onWritten)
    isWaiting = app.writableLength > 0
    return !isWaiting
  })
  tor.once('end', () => app.end())
}
