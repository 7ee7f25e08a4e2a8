import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PART_MESSAGE, type PartNotice, type PartQuestion } from '@cordon/shared/contracts'
import { internal } from '@cordon/shared/errors'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge'
import { fits } from '@cordon/shared/schema'
import { parsePartLogLine } from '../lifecycle/index.ts'
import { confine, openFilesOf, readLines, startChild, watchExit } from './child.ts'
import { notifyOfBreach } from './desktop-notice.ts'
import type { Instance } from './instance.ts'
import type { OwnPart } from './own-parts.ts'
import type { PartDriver } from './part-driver.ts'
import { requireSource } from './source-program.ts'

const QUESTION: PartQuestion = { type: 'are-you-alive' }

/** Start a part of our own as a child that announces itself over Node's IPC channel, and ends when that breaks. */
export function driveOwnPart(instance: Instance, { name, title, entry, more }: OwnPart): PartDriver {
  const program = fileURLToPath(new URL(`../../../../${entry}`, import.meta.url))
  return async reporter => {
    await requireSource(program, title)
    const { configurationFile, stateDirectory, layout } = instance
    const directories = [
      '--config',
      configurationFile,
      '--state-dir',
      stateDirectory,
      '--runtime-dir',
      layout.directory,
    ]
    const directory = join(stateDirectory, name)
    await openPrivateDirectory(directory)
    const command = confine([process.execPath, program, ...directories, ...more(instance)], openFilesOf(name))
    const child = startChild(command, directory, ['ignore', 'pipe', 'pipe', 'ipc'])
    for (const stream of [child.stdout, child.stderr]) {
      readLines(stream, line => {
        const { level, text } = parsePartLogLine(line)
        reporter.log(level, text)
      })
    }
    const asked: (() => void)[] = []
    child.on('message', message => {
      if (!fits(PART_MESSAGE, message)) reporter.log('error', 'it announced something unknown')
      else if (message.type === 'alive') asked.shift()?.()
      else if (message.type === 'breached') notifyOfBreach(process.env)
      else reporter.announce(message)
    })
    watchExit(child, reporter.exited)
    return {
      pid: child.pid ?? null,
      check: () =>
        new Promise((resolve, reject) => {
          if (!child.connected) return reject(internal(`the channel of ${title} is closed`))
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
