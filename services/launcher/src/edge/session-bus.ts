import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '@cordon/shared/errors'
import type { AppId } from '@cordon/shared/isolation'
import { monotonicNow } from '@cordon/shared/runtime/edge/deadline'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge/private-directory'
import { answers } from '@cordon/shared/runtime/edge/private-socket'
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

const READY_WITHIN_MS = 2000
const LOOK_AGAIN_MS = 10

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
  // Its descriptor 3 is a pipe that we hold: it ends when that closes, however we end.
  const proxy = spawn(program, ['--fd=3', bus, path, '--filter', ...ALLOWED], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  proxy.on('error', () => {}) // told by the socket that does not come
  const close = (): void => {
    proxy.kill()
    rmSync(path, { force: true })
  }
  await waitFor(path, proxy).catch((thrown: unknown) => {
    close()
    throw thrown
  })
  return { path, [Symbol.dispose]: close }
}

async function waitFor(path: string, proxy: ChildProcess): Promise<void> {
  const deadline = monotonicNow() + READY_WITHIN_MS
  while (!(await answers(path))) {
    if (proxy.exitCode !== null || monotonicNow() > deadline) throw noBus()
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN_MS))
  }
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
