import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { withDeadline } from '@cordon/shared/runtime/edge/deadline'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge/private-directory'
import { locateTool } from './host.ts'

/** A session bus on which only harmless names answer. */
export interface FilteredBus extends Disposable {
  readonly path: string
}

/** Notifications carry text alone; the players' names let keys of the keyboard pause music. */
const ALLOWED = [
  '--talk=org.freedesktop.Notifications',
  '--talk=org.freedesktop.ScreenSaver',
  '--own=org.mpris.MediaPlayer2.*',
] as const

/** It takes milliseconds, and on a machine that is held up as long as that. Arbitrary, far above. */
const READY_WITHIN_MS = 60_000

/**
 * Start xdg-dbus-proxy in front of the session bus. It ends with us.
 *
 * Its socket stands in the state of who runs the program: in system mode nobody but the parts makes sockets in theirs.
 */
export async function openFilteredBus(stateDirectory: string, app: AppId): Promise<FilteredBus> {
  const { DBUS_SESSION_BUS_ADDRESS: bus } = process.env
  const program = locateTool('xdg-dbus-proxy')
  if (program === undefined) throw missing()
  if (bus === undefined || !bus.startsWith('unix:')) throw noBus()
  const directory = join(stateDirectory, 'buses')
  await openPrivateDirectory(directory)
  const path = join(directory, `${app}-${process.pid}`)
  // Its descriptor 3 is a pipe that we hold: it says there that it is ready, and ends when it closes, however we end.
  const proxy = spawn(program, ['--fd=3', bus, path, '--filter', ...ALLOWED], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  proxy.on('error', () => {}) // told by what does not come
  const close = (): void => {
    proxy.kill()
    rmSync(path, { force: true })
  }
  await waitFor(proxy).catch((thrown: unknown) => {
    close()
    throw thrown
  })
  return { path, [Symbol.dispose]: close }
}

async function waitFor(proxy: ChildProcess): Promise<void> {
  const ready = proxy.stdio[3]
  const failed = (): never => {
    throw noBus()
  }
  const ended = once(proxy, 'exit').then(failed, failed)
  const said = ready === null || ready === undefined ? ended : once(ready, 'data')
  await withDeadline(Promise.race([said, ended]), READY_WITHIN_MS, noBus)
}

const missing = (): Fault =>
  new Fault('RUN_TOOL_MISSING', '--dbus=filter needs xdg-dbus-proxy', {
    where: 'host',
    retry: 'never',
    next: 'Run: sudo apt-get install xdg-dbus-proxy, or leave --dbus out.',
  })

const noBus = (): Fault =>
  new Fault('RUN_SETUP_FAILED', 'there is no session bus to filter', {
    where: 'host',
    retry: 'never',
    next: 'Leave --dbus out, or start it in a desktop session.',
  })
