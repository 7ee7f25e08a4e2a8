import { fileURLToPath } from 'node:url'
import { PART_MESSAGE } from '@cordon/shared/contracts'
import Value from 'typebox/value'
import { dieWithUs, readLines, startChild, watchExit } from './child.ts'
import type { Instance } from './instance.ts'
import type { PartDriver } from './part-driver.ts'
import { requireSource } from './source-program.ts'

const GATEWAY = fileURLToPath(new URL('../../../../gateway/src/main.ts', import.meta.url))

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
    const command = dieWithUs([process.execPath, GATEWAY, ...directories])
    const child = startChild(command, stateDirectory, ['ignore', 'pipe', 'pipe', 'ipc'])
    readLines(child.stdout, line => reporter.log('info', line))
    readLines(child.stderr, line => reporter.log('error', line))
    child.on('message', message => {
      if (Value.Check(PART_MESSAGE, message)) reporter.announce(message)
      else reporter.log('error', 'it announced something unknown')
    })
    watchExit(child, reporter.exited)
    return {
      pid: child.pid ?? null,
      stop: () => void child.kill('SIGTERM'),
      reload: () => void child.kill('SIGHUP'),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}
