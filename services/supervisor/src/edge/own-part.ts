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
    const gone = (): Error => internal(`the channel of ${title} is closed`)
    const asked: PromiseWithResolvers<void>[] = []
    // From its first word on it knows what a signal means; before, one that means "read anew" would end it.
    const spoken = Promise.withResolvers<void>()
    child.once('disconnect', () => {
      for (const { reject } of asked.splice(0)) reject(gone())
    })
    child.on('message', message => {
      spoken.resolve()
      if (!fits(PART_MESSAGE, message)) reporter.log('error', 'it announced something unknown')
      else if (message.type === 'alive') asked.shift()?.resolve()
      else if (message.type === 'breached') notifyOfBreach(process.env)
      else reporter.announce(message)
    })
    watchExit(child, reporter.exited)
    return {
      pid: child.pid ?? null,
      check: async () => {
        if (!child.connected) throw gone()
        const answer = Promise.withResolvers<void>()
        asked.push(answer)
        child.send(QUESTION)
        await answer.promise
      },
      resumed: sleep => {
        const notice: PartNotice = { type: 'resumed', ...sleep }
        if (child.connected) child.send(notice)
      },
      stop: () => void child.kill('SIGTERM'),
      reload: () => void spoken.promise.then(() => child.kill('SIGHUP')),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
