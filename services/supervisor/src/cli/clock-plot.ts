import type { ClockPoint } from '@cordon/shared/contracts'

/** A column is half an hour. */
const COLUMNS = 48
const COLUMN_SECONDS = 1800
/** Odd, so that zero has a row of its own. Arbitrary, and small. */
const ROWS = 7

/**
 * Draw the offsets of the last day: a dot a round, a bar as high as its bound, zero in the middle, now on the right.
 */
export function formatPlot(points: readonly ClockPoint[]): string {
  const reach = Math.max(1, ...points.map(({ offsetMs, boundMs }) => Math.abs(offsetMs) + boundMs))
  const middle = (ROWS - 1) / 2
  const rowOf = (ms: number): number => Math.round(middle - (ms / reach) * middle)
  const cells = Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: COLUMNS }, (): string => (row === middle ? '─' : ' ')),
  )
  for (const { agoSeconds, offsetMs, boundMs } of points) {
    const column = COLUMNS - 1 - Math.min(COLUMNS - 1, Math.floor(agoSeconds / COLUMN_SECONDS))
    for (let row = rowOf(offsetMs + boundMs); row <= rowOf(offsetMs - boundMs); row++) {
      const cell = cells[row]
      if (cell !== undefined && cell[column] !== '•') cell[column] = row === rowOf(offsetMs) ? '•' : '│'
    }
  }
  const label = `${(reach / 1000).toFixed(3)} s`
  const width = label.length + 1
  const rows = cells.map((cell, row) => {
    const name = row === 0 ? `+${label}` : row === ROWS - 1 ? `-${label}` : row === middle ? '0' : ''
    return `${name.padStart(width)} ┤${cell.join('').trimEnd()}`
  })
  return [...rows, `${' '.repeat(width)} └${'24 h ago'.padEnd(COLUMNS - 3)}now`].join('\n')
}
