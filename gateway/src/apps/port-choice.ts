/**
 * Where ports are chosen: below the kernel's usual range for outgoing connections (32768 up), so that none of those
 * ever sits on an app's port, and away from the ports that people know.
 */
export const PORT_RANGE = { first: 20_000, last: 29_999 } as const

/** List candidates for a new app port in random order; `random` is uniform in [0, 1). */
export function* candidatePorts(taken: ReadonlySet<number>, random: () => number): Generator<number> {
  const size = PORT_RANGE.last - PORT_RANGE.first + 1
  const start = Math.floor(random() * size)
  for (let step = 0; step < size; step++) {
    const port = PORT_RANGE.first + ((start + step) % size)
    if (!taken.has(port)) yield port
  }
}
