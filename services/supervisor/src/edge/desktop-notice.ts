import { spawn } from 'node:child_process'

/** What a program needs to reach the desktop of this session, and nothing more. */
const SESSION = ['PATH', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR'] as const

/** A desktop that does not take it by then will not. Arbitrary. */
const DEADLINE_MS = 5000

/**
 * Tell the person at the desktop, by notify-send if it is there, that isolation was seen broken.
 *
 * Every program of the session can read notices, so it names no app. Without a desktop nothing happens: the state, the
 * exit status of commands and the log say it too.
 */
export function notifyOfBreach(env: NodeJS.ProcessEnv): void {
  const known = SESSION.flatMap(name => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  const args = ['--app-name=Cordon', '--urgency=critical', 'Cordon: isolation was breached', 'See: cordon audit']
  const child = spawn('notify-send', args, {
    env: Object.fromEntries(known),
    stdio: 'ignore',
    shell: false,
    timeout: DEADLINE_MS,
  })
  child.on('error', () => {}) // there is none
  child.unref()
}
