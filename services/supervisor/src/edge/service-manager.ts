import type { Status } from '@cordon/shared/contracts'
import { sendUnixDatagram } from '@cordon/shared/runtime/edge'
import { formatStatusLine, hasSettled } from '../cli/index.ts'
import { NOTHING_NOTICED, planNotice } from '../lifecycle/index.ts'

/**
 * The service manager that started us, if one did (sd_notify(3), sd_watchdog_enabled(3)).
 *
 * Its variables are taken out of the environment: nobody we start may speak for us.
 */
export class ServiceManager {
  readonly #socket: string | undefined
  readonly #watchdog: NodeJS.Timeout | undefined
  #noticed = NOTHING_NOTICED

  constructor(env: NodeJS.ProcessEnv, pid: number) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name]
    this.#socket = NOTIFY_SOCKET
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid
    const halfMs = Math.trunc(Number(WATCHDOG_USEC ?? 0) / 2000)
    // The loop that starts and watches parts is the one that says so: if it does not turn, we are not alive.
    if (NOTIFY_SOCKET !== undefined && isOurs && halfMs > 0) {
      this.#watchdog = setInterval(() => this.#send('WATCHDOG=1'), halfMs)
    }
  }

  /** Tell what is new in the status. */
  tell(status: Status): void {
    const { noticed, text } = planNotice(this.#noticed, hasSettled(status), formatStatusLine(status))
    this.#noticed = noticed
    if (text !== undefined) this.#send(text)
  }

  /** Tell that the end has begun. The watchdog goes on: an end that hangs is one to be killed. */
  stopping(): void {
    this.#send('STOPPING=1')
  }

  close(): void {
    clearInterval(this.#watchdog)
  }

  #send(text: string): void {
    // A manager that does not listen is not our trouble.
    if (this.#socket !== undefined) sendUnixDatagram(this.#socket, Buffer.from(text))
  }
}
