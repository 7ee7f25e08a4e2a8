import { clearScreenDown, moveCursor } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Terminal } from './terminal.ts'

/** Fast enough to follow by eye. Arbitrary. */
const LOOK_AGAIN_MS = 1000

/** What is watched. */
export interface Watched<T> {
  read(): Promise<T>
  /** The whole view, for a terminal. */
  format(value: T): string
  /** What a pipe gets when it differs from the one before; with `--json` the value itself is written. */
  formatForPipe(value: T): string
}

/**
 * Show something until Ctrl-C, and return the last of it.
 *
 * A terminal is drawn over in place, and left as it was but for the last view. A pipe gets the view, or with `--json`
 * one object a line, when something has changed.
 */
export async function watch<T>(watched: Watched<T>, terminal: Terminal): Promise<T> {
  const interrupted = new AbortController()
  const end = (): void => interrupted.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  // Who reads us may go first, as `head` does.
  process.stdout.on('error', end)
  const show = terminal.json || process.stdout.isTTY !== true ? tellChanges(watched, terminal) : drawOver(watched)
  for (;;) {
    const value = await watched.read()
    show(value)
    await wait(LOOK_AGAIN_MS, undefined, { signal: interrupted.signal }).catch(() => {})
    if (interrupted.signal.aborted) return value
  }
}

function tellChanges<T>({ formatForPipe }: Watched<T>, terminal: Terminal): (value: T) => void {
  let told = ''
  return value => {
    const text = formatForPipe(value)
    if (text !== told) terminal.result(value, text)
    told = text
  }
}

function drawOver<T>({ format }: Watched<T>): (value: T) => void {
  let height = 0
  return value => {
    const { stdout } = process
    moveCursor(stdout, 0, -height)
    clearScreenDown(stdout)
    // What is higher than the screen cannot be drawn over: its head is left out.
    const lines = format(value)
      .split('\n')
      .slice(-(stdout.rows - 1 || 24))
    height = lines.length - 1
    stdout.write(lines.join('\n'))
  }
}
