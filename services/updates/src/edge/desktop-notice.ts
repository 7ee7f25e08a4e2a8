import { spawn } from 'node:child_process'

/**
 * Tell the desktop that something is newer, if there is a desktop and a program to tell it. It says no more than the
 * user's own list does, and to this session alone.
 */
export function noticeUpdate(product: string, version: string, isUnsigned: boolean): void {
  const { DBUS_SESSION_BUS_ADDRESS, PATH = '/usr/bin:/bin', XDG_RUNTIME_DIR } = process.env
  if (DBUS_SESSION_BUS_ADDRESS === undefined) return
  const env = { PATH, DBUS_SESSION_BUS_ADDRESS, ...(XDG_RUNTIME_DIR === undefined ? {} : { XDG_RUNTIME_DIR }) }
  const text = `${product} ${version} is available${isUnsigned ? ' (unsigned: nobody vouches for it)' : ''}. See: cordon updates`
  const child = spawn('notify-send', ['--app-name=Cordon', '--', 'Update available', text], { stdio: 'ignore', env })
  child.on('error', () => {}) // no notify-send: the command still says it
  child.unref()
}
