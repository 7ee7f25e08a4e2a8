import type { Socket } from 'node:net'

/**
 * Carry bytes both ways until both ends have finished.
 *
 * Both sockets are half-open capable, so the end of one direction is passed on and the other goes on. A socket that
 * closes before its time takes the other along.
 */
export function relay(app: Socket, tor: Socket): void {
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
  tor.pipe(app)
}
