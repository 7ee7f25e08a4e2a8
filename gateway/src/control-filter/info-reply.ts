/**
 * Format the answer to GETINFO (control-spec 3.9) from pairs of key and value, the closing line included.
 *
 * A value of several lines goes as data with a dot at the end, and a dot at the start of a line is doubled
 * (control-spec 2.3).
 */
export function formatInfo(values: readonly (readonly [key: string, value: string])[]): readonly string[] {
  return [...values.flatMap(([key, value]) => formatValue(key, value)), '250 OK']
}

function formatValue(key: string, value: string): readonly string[] {
  if (!value.includes('\n')) return [`250-${key}=${value}`]
  const lines = value.split('\n').map(line => (line.startsWith('.') ? `.${line}` : line))
  return [`250+${key}=`, ...lines, '.']
}
