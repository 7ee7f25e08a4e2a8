import type { Socket } from 'node:net'
import { pour, type ReadingSocket } from '@cordon/shared/runtime/edge'

/**
 * Carry bytes both ways until both ends have finished.
 *
 * Both sockets are half-open capable, so the end of one direction is passed on and the other goes on. A socket that
 * closes before its time takes the other along.
 */
export function relay(app: Socket, stream: ReadingSocket): void {
  const tor = stream.socket
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
  pour(stream, app)
}
