import type { Socket } from 'node:net'

/**
 * Carry bytes both ways until both ends have finished. Both sockets must be capable of half-open.
 *
 * A socket that closes before its time resets the other: what was cut must not look complete.
 */
export function relay(inner: Socket, outer: Socket): void {
  const cut = (): void => {
    inner.resetAndDestroy()
    outer.destroy()
  }
  const closed = (): void => {
    if (!inner.readableEnded || !outer.readableEnded) cut()
  }
  inner.on('error', cut).on('close', closed)
  outer.on('error', cut).on('close', closed)
  inner.pipe(outer)
  outer.pipe(inner)
}
