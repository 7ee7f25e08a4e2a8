import { basename } from 'node:path'
import { sendUnixDatagram } from './unix-datagram.ts'

/** The service manager that started this process (sd_notify(3)). */
export interface ServiceManager {
  /** Send assignments, one a line. A manager that does not listen is not our trouble. */
  send(text: string): void
  /** Say no longer that we are alive. */
  close(): void
}

/**
 * Find the service manager in the environment, or undefined where none started us.
 *
 * While it is open, a timer on this event loop says that we are alive, as often as the manager wants (sd_watchdog_enabled(3)).
 * Its variables are taken out of the environment: nobody we start may speak for us.
 */
export function openServiceManager(env: NodeJS.ProcessEnv, pid: number): ServiceManager | undefined {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
  if (NOTIFY_SOCKET === undefined) return undefined
  const send = (text: string): void => void sendUnixDatagram(NOTIFY_SOCKET, Buffer.from(text))
  const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid
  const halfMs = Math.trunc(Number(WATCHDOG_USEC ?? 0) / 2000)
  const watchdog = isOurs && halfMs > 0 ? setInterval(() => send('WATCHDOG=1'), halfMs) : undefined
  return { send, close: () => clearInterval(watchdog) }
}

/** The first descriptor that a service manager passes (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3

/**
 * Take the listening socket that the service manager opened for `path`, once (sd_listen_fds_with_names(3)), or return
 * undefined. It is known by its name, which the unit gives as the last part of the path.
 */
export function takeActivatedSocket(path: string, env = process.env, pid = process.pid): { fd: number } | undefined {
  const { LISTEN_PID, LISTEN_FDS = '0', LISTEN_FDNAMES = '' } = env
  if (LISTEN_PID === undefined || Number(LISTEN_PID) !== pid) return undefined
  const names = LISTEN_FDNAMES.split(':').slice(0, Number(LISTEN_FDS))
  const index = names.indexOf(basename(path))
  if (index === -1) return undefined
  names[index] = ''
  env['LISTEN_FDNAMES'] = names.join(':')
  return { fd: FIRST_DESCRIPTOR + index }
}
