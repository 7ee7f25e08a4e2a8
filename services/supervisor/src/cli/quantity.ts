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

/** Format whole seconds by their largest unit: `42 s`, `7 min`, `3 h`, `2 d`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`
}
