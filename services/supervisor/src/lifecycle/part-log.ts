import { fits } from '@cordon/shared/schema'
import { LOG_RECORD } from '@cordon/shared/telemetry'
import type { LogLine } from './log-ring.ts'

/** Read a line that a part of ours wrote: a record of its log, or what Node itself says when it cannot run it. */
export function parsePartLogLine(line: string): Pick<LogLine, 'level' | 'text'> {
  const record = parseJson(line)
  if (!fits(LOG_RECORD, record)) return { level: 'error', text: line }
  const { level, says, fields, detail } = record
  // A line of a part need not say which part it is of.
  const named = Object.entries(fields).filter(([key]) => key !== 'part')
  const tail = named.length === 0 ? '' : ` (${named.map(([key, value]) => `${key}=${value}`).join(', ')})`
  const text = `${says}${tail}${detail === undefined ? '' : `: ${detail}`}`
  return { level: level === 'debug' ? 'info' : level, text }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
