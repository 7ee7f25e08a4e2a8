import type { Socket } from 'node:net'
import { pour, type ReadingSocket } from '@cordon/shared/runtime/edge/reading-socket'

/**
 * Carry bytes both ways until both ends have finished. Both sockets must be capable of half-open.
 *
 * A socket that closes before its time resets the other: what was cut must not look complete.
 */
export function relay(inner: Socket, stream: ReadingSocket): void {
  const outer = stream.socket
  joinFates(inner, outer)
  inner.pipe(outer)
  pour(stream, inner)
}

/** The same for an outer socket whose bytes come as events. */
export function relaySockets(inner: Socket, outer: Socket): void {
  joinFates(inner, outer)
  inner.pipe(outer)
  outer.pipe(inner)
}

function joinFates(inner: Socket, outer: Socket): void {
  const cut = (): void => {
    inner.resetAndDestroy()
    outer.destroy()
  }
  const closed = (): void => {
    if (!inner.readableEnded || !outer.readableEnded) cut()
  }
  inner.on('error', cut).on('close', closed)
  outer.on('error', cut).on('close', closed)
}
