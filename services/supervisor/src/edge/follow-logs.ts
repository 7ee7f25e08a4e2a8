import { setTimeout as wait } from 'node:timers/promises'
import type { RuntimeLayout } from '@cordon/shared/contracts'
import { EXIT, type ExitStatus, formatLogLine, readLogs } from '../cli/index.ts'
import { ask } from './api-client.ts'
import type { Terminal } from './terminal.ts'

const LOOK_AGAIN_MS = 500

export interface LogsOptions {
  readonly follow?: boolean
  readonly part?: string
}

/** Write the newest lines of all parts, and with `follow` those that come, until Ctrl-C or the end of Cordon. */
export async function followLogs(
  { supervisorSocket }: RuntimeLayout,
  { follow = false, part }: LogsOptions,
  terminal: Terminal,
): Promise<ExitStatus> {
  let over = false
  const end = (): void => {
    over = true
  }
  if (follow) process.once('SIGINT', end)
  process.stdout.on('error', end)
  let after = 0
  for (;;) {
    const { lines } = await ask(supervisorSocket, { method: 'GET', path: `/v1/logs?after=${after}`, read: readLogs })
    for (const line of lines) {
      after = line.number
      if (part === undefined || line.part === part) terminal.result(line, formatLogLine(line, terminal.palette))
    }
    if (over || !follow) return EXIT.done
    await wait(LOOK_AGAIN_MS)
  }
}
