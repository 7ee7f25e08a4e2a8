const LARGER_UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const

/** Format a number of bytes in at most six characters and a unit. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 'B'
  for (const larger of LARGER_UNITS) {
    if (value < 1024) break
    value /= 1024
    unit = larger
  }
  return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`
}
