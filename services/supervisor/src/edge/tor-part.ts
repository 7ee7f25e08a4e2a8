import { setTimeout as wait } from 'node:timers/promises'
import type { LabDescription } from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import { answers, type ControlConnection } from '@cordon/shared/runtime/edge'
import { takeOwnership } from '@cordon/shared/tor-control'
import { parseTorLogLine } from '../lifecycle/index.ts'
import { confine, openFilesOf, readLines, startChild, watchExit } from './child.ts'
import type { Instance } from './instance.ts'
import type { PartDriver, PartReporter } from './part-driver.ts'
import { prepareTor } from './prepare-tor.ts'
import { askTor, type TorWatch } from './tor-watch.ts'

/** Tor opens its control socket within tens of milliseconds. */
const KNOCK_MS = 25

/** Start the distribution's tor as a child: in the lab's namespaces, or on this machine's network. */
export function driveTor(instance: Instance, watch: TorWatch): PartDriver {
  return async reporter => {
    watch.reset()
    const { program, args, directory } = await prepareTor(instance, process.pid)
    const command = confine([program, ...args], openFilesOf('tor'))
    const child = startChild(enterLab(instance.lab, command), directory, ['ignore', 'pipe', 'pipe'])
    let gone = false
    let leaving = false
    readLines(child.stdout, line => logLine(line, reporter))
    readLines(child.stderr, line => reporter.log('error', line))
    watchExit(child, detail => {
      gone = true
      watch.reset()
      reporter.exited(detail)
    })
    const connected = followTor(instance, watch, reporter, () => gone || leaving)
    connected.catch(cause => {
      // A tor that we cannot watch is not one we vouch for.
      reporter.log('error', explain(cause))
      child.kill('SIGKILL')
    })
    return {
      pid: child.pid ?? null,
      check: async () => askTor(await connected),
      stop: () => {
        leaving = true
        child.kill('SIGTERM')
      },
      // Before it answers, it may not know yet what that signal means, and would be ended by it.
      reload: () =>
        void connected.then(
          connection => connection !== undefined && child.kill('SIGHUP'),
          () => {},
        ),
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

/** tor joins the lab's user and network namespaces and nothing else: its sockets and state stay out here. */
function enterLab(lab: LabDescription | undefined, command: readonly string[]): readonly string[] {
  if (lab === undefined) return command
  return ['nsenter', '--preserve-credentials', '--user', '--net', '--target', String(lab.pid), '--', ...command]
}

function logLine(line: string, reporter: PartReporter): void {
  const { level, text } = parseTorLogLine(line)
  reporter.log(level, text)
}

async function followTor(
  { layout }: Instance,
  watch: TorWatch,
  reporter: PartReporter,
  isGone: () => boolean,
): Promise<ControlConnection | undefined> {
  while (!(await answers(layout.torControlSocket))) {
    if (isGone()) return undefined
    await wait(KNOCK_MS)
  }
  const connection = await watch.connect(layout.torControlSocket, undefined, () => {
    if (!isGone()) reporter.log('warn', 'its control connection broke')
  })
  // Tor ends when this connection does; the process id in its torrc is the second line, and looks every 15 s only.
  await connection.send(takeOwnership())
  return connection
}
