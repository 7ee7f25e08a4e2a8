import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Status } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts/runtime-layout'
import { Fault } from '@cordon/shared/errors'
import { monotonicNow } from '@cordon/shared/runtime/edge'
import {
  type Directories,
  formatStatus,
  hasSettled,
  NOTHING_TOLD,
  planProgress,
  readProblem,
  toFault,
} from '../cli/index.ts'
import { ask, STATUS_QUESTION } from './api-client.ts'
import { HOLDS_THE_LOCK } from './lock-word.ts'
import type { Terminal } from './terminal.ts'

const CORDON = fileURLToPath(new URL('../../bin/cordon.js', import.meta.url))

/** A first start of the lab takes 20 s, a first bootstrap over a slow line a minute. What comes later is left running. */
const READY_DEADLINE_MS = 120_000
const LOOK_AGAIN_MS = 200

/** Start Cordon in a session of its own, show its progress, and return when it is ready. */
export async function startDetached(
  args: readonly string[],
  { runtimeDirectory }: Directories,
  terminal: Terminal,
): Promise<void> {
  const child = spawn(process.execPath, [CORDON, ...args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const ours = Promise.withResolvers<void>()
  const early = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.on('message', said => {
      if (said === HOLDS_THE_LOCK) return ours.resolve()
      const problem = readProblem(said)
      reject(problem === undefined ? endedEarly() : toFault(problem))
    })
    // Not its exit: what it said before may be read after that.
    child.once('close', () => reject(endedEarly()))
  })
  // Before that, another Cordon may answer at the socket.
  const ready = ours.promise.then(() => followUntilReady(runtimeDirectory, terminal))
  const status = await Promise.race([early, ready])
  terminal.done()
  child.disconnect()
  child.unref()
  if (status === undefined || !hasSettled(status)) throw notReady(status)
  terminal.result(status, formatStatus(status, terminal.palette))
}

async function followUntilReady(runtimeDirectory: string, terminal: Terminal): Promise<Status | undefined> {
  const socket = layOutRuntime(runtimeDirectory).supervisorSocket
  const deadline = monotonicNow() + READY_DEADLINE_MS
  let told = NOTHING_TOLD
  let status: Status | undefined
  while (monotonicNow() < deadline) {
    // Until its API is up there is nothing to tell; if it dies first, the other side of the race says why.
    status = await ask(socket, STATUS_QUESTION).catch(() => undefined)
    if (status !== undefined) {
      const progress = planProgress(told, status)
      told = progress.told
      for (const line of progress.lines) terminal.note(line)
      terminal.wait(progress.waitingFor)
      if (hasSettled(status)) return status
    }
    await wait(LOOK_AGAIN_MS)
  }
  return status
}

const notReady = (status: Status | undefined): Fault =>
  new Fault(
    'SUP_NOT_READY',
    `cordon is not ready yet${status?.tor.cause ? `: ${status.tor.cause}` : ''}; it runs on and keeps trying`,
    {
      where: 'local',
      retry: 'after-waiting',
      next: 'See `cordon status`; end it with `cordon down`.',
    },
  )

const endedEarly = (): Fault =>
  new Fault('SUP_PART_FAILED', 'the new Cordon ended at once', {
    where: 'local',
    retry: 'never',
    next: 'Start it without --detach to see why.',
  })
