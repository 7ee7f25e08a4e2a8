import { clearScreenDown, moveCursor } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Status } from '@cordon/shared/contracts'
import { type ExitStatus, exitStatusOfState, formatStatus, formatStatusLine } from '../cli/index.ts'
import type { Terminal } from './terminal.ts'

/** Fast enough to follow a start by eye. Arbitrary. */
const LOOK_AGAIN_MS = 1000

/**
 * Show the status until Ctrl-C, and tell the exit status of the last one.
 *
 * A terminal is drawn over in place; a pipe gets a line, or with `--json` an object, when something has changed.
 */
export async function watchStatus(read: () => Promise<Status>, terminal: Terminal): Promise<ExitStatus> {
  const interrupted = new AbortController()
  const end = (): void => interrupted.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  // Who reads us may go first, as `head` does.
  process.stdout.on('error', end)
  const show = terminal.json || process.stdout.isTTY !== true ? tellChanges(terminal) : drawOver(terminal)
  for (;;) {
    const status = await read()
    show(status)
    await wait(LOOK_AGAIN_MS, undefined, { signal: interrupted.signal }).catch(() => {})
    if (interrupted.signal.aborted) return exitStatusOfState(status.state)
  }
}

function tellChanges(terminal: Terminal): (status: Status) => void {
  let told = ''
  return status => {
    const line = formatStatusLine(status)
    if (line !== told) terminal.result(status, `${line}\n`)
    told = line
  }
}

function drawOver(terminal: Terminal): (status: Status) => void {
  let height = 0
  return status => {
    const { stdout } = process
    const text = formatStatus(status, terminal.palette)
    moveCursor(stdout, 0, -height)
    clearScreenDown(stdout)
    // What is higher than the screen cannot be drawn over: its head is left out.
    const lines = text.split('\n').slice(-(stdout.rows - 1 || 24))
    height = lines.length - 1
    stdout.write(lines.join('\n'))
  }
}
