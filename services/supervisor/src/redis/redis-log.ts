import type { LogLevel } from '../lifecycle/index.ts'

// redis' own format: "PID:ROLE DD Mon YYYY HH:MM:SS.mmm LEVEL text"; "." debug, "-" verbose, "*" notice, "#" warning.
const LINE = /^\d+:[A-Z] \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} ([.*#-]) (.*)$/

// Advice about the kernel for servers with persistence, and what it always says of a start, a signal and an end.
const HABITUAL = /^(WARNING[ :]|Redis |Server |Configuration |oO0|User requested|Reading config|Warning: )/

// While it handles a signal: "PID:signal-handler (SECONDS) text".
const SIGNAL_LINE = /^\d+:signal-handler \(\d+\) (.*)$/

/** Read a line of redis' log. A line in any other form is what it says when it cannot start. */
export function parseRedisLogLine(line: string): { readonly level: LogLevel; readonly text: string } {
  const [, severity, text = ''] = LINE.exec(line) ?? []
  const [, signal] = SIGNAL_LINE.exec(line) ?? []
  if (signal !== undefined) return { level: 'info', text: signal }
  if (severity === undefined) return { level: 'error', text: line }
  return { level: severity === '#' && !HABITUAL.test(text) ? 'warn' : 'info', text }
}
