import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PART_MESSAGE, type PartNotice, type PartQuestion } from '@cordon/shared/contracts'
import { internal } from '@cordon/shared/errors'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge'
import Value from 'typebox/value'
import { parsePartLogLine } from '../lifecycle/index.ts'
import { confine, openFilesOf, readLines, startChild, watchExit } from './child.ts'
import type { Instance } from './instance.ts'
import type { PartDriver } from './part-driver.ts'
import { requireSource } from './source-program.ts'

const GATEWAY = fileURLToPath(new URL('../../../../gateway/src/main.ts', import.meta.url))

const QUESTION: PartQuestion = { type: 'are-you-alive' }

/** Start the gateway as a child that announces itself over Node's IPC channel, and ends when that breaks. */
export function driveGateway(instance: Instance): PartDriver {
  return async reporter => {
    await requireSource(GATEWAY, 'the gateway')
    const { configurationFile, stateDirectory, layout } = instance
    const directories = [
      '--config',
      configurationFile,
      '--state-dir',
      stateDirectory,
      '--runtime-dir',
      layout.directory,
    ]
    const directory = join(stateDirectory, 'gateway')
    await openPrivateDirectory(directory)
    const command = confine([process.execPath, GATEWAY, ...directories], openFilesOf('gateway'))
    const child = startChild(command, directory, ['ignore', 'pipe', 'pipe', 'ipc'])
    for (const stream of [child.stdout, child.stderr]) {
      readLines(stream, line => {
        const { level, text } = parsePartLogLine(line)
        reporter.log(level, text)
      })
    }
    const asked: (() => void)[] = []
    child.on('message', message => {
      if (!Value.Check(PART_MESSAGE, message)) reporter.log('error', 'it announced something unknown')
      else if (message.type === 'alive') asked.shift()?.()
      else reporter.announce(message)
    })
    watchExit(child, reporter.exited)
    return {
      pid: child.pid ?? null,
      check: () =>
        new Promise((resolve, reject) => {
          if (!child.connected) return reject(internal('the channel of the gateway is closed'))
          asked.push(resolve)
          child.send(QUESTION)
        }),
      resumed: sleep => {
        const notice: PartNotice = { type: 'resumed', ...sleep }
        if (child.connected) child.send(notice)
      },
      stop: () => void child.kill('SIGTERM'),
      reload: () => void child.kill('SIGHUP'),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
