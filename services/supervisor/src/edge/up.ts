import { setTimeout as wait } from 'node:timers/promises'
import type { Access, Status } from '@cordon/shared/contracts'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import { type Directories, formatStatus, hasSettled, NOTHING_TOLD, planProgress } from '../cli/index.ts'
import type { LogLine } from '../lifecycle/index.ts'
import { prepareInstance, type RunningInstance } from './run-instance.ts'
import { StatusNotices } from './status-notices.ts'
import type { Terminal } from './terminal.ts'

/** While tor is quiet nothing changes, and the cause of that must still be told. */
const LOOK_AGAIN_MS = 1000

/** One Ctrl-C may reach us twice: from the terminal, and from the program that started us. Arbitrary. */
const ONE_REQUEST_MS = 300

/** Run Cordon in the foreground until a signal or `cordon down` ends it. */
export async function runForeground(
  directories: Directories,
  labDirectory: string | undefined,
  access: Access,
  terminal: Terminal,
): Promise<void> {
  const onLog = (line: LogLine): void => {
    if (line.level !== 'info') terminal.note(`${line.part}: ${line.text}`)
  }
  const notices = new StatusNotices(access)
  const instance = await prepareInstance({ directories, labDirectory, access, onLog, onStop: () => notices.stopping() })
  await instance.start()
  obeySignals(instance, () => terminal.note('stopping; once more to end at once'))
  await Promise.all([follow(instance, terminal, notices), instance.ended])
  notices.close()
}

/** Let signals end or reload the instance. A second request to end does not wait. */
export function obeySignals(instance: RunningInstance, onStop: () => void): void {
  let askedAt: number | undefined
  const end = (): void => {
    const now = monotonicNow()
    if (askedAt === undefined) {
      askedAt = now
      onStop()
      void instance.stop()
    } else if (now - askedAt > ONE_REQUEST_MS) void instance.abort()
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  // On a terminal it means that the window was closed, elsewhere that the configuration changed.
  process.on('SIGHUP', () => (process.stderr.isTTY === true ? end() : void instance.reload()))
}

async function follow(instance: RunningInstance, terminal: Terminal, notices: StatusNotices): Promise<void> {
  let told = NOTHING_TOLD
  let summarised = false
  while (!instance.isOver) {
    const changed = instance.changed
    const status = await instance.status()
    notices.tell(status)
    const progress = planProgress(told, status)
    told = progress.told
    for (const line of progress.lines) terminal.note(line)
    const settled = hasSettled(status)
    if (settled && !summarised) {
      summarised = true
      terminal.done()
      summarise(status, terminal)
    }
    if (!settled) terminal.wait(progress.waitingFor)
    await (settled ? changed : changedWithin(changed, LOOK_AGAIN_MS))
  }
  terminal.done()
}

async function changedWithin(changed: Promise<void>, ms: number): Promise<void> {
  const timer = new AbortController()
  await Promise.race([changed, wait(ms, undefined, { signal: timer.signal }).catch(() => {})])
  timer.abort()
}

function summarise(status: Status, terminal: Terminal): void {
  terminal.result(status, `\n${formatStatus(status, terminal.palette)}`)
}
