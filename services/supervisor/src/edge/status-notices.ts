import type { Access, Status } from '@cordon/shared/contracts'
import { openServiceManager, type ServiceManager } from '@cordon/shared/runtime/edge'
import { formatStatusLine, hasSettled } from '../cli/index.ts'
import { NOTHING_NOTICED, planNotice } from '../lifecycle/index.ts'

/** Tells the service manager that started us, if one did, how Cordon as a whole is. */
export class StatusNotices {
  // The loop that starts and watches parts is the one that says so: if it does not turn, we are not alive.
  readonly #manager: ServiceManager | undefined = openServiceManager(process.env, process.pid)
  readonly #access: Access
  #noticed = NOTHING_NOTICED

  constructor(access: Access) {
    this.#access = access
  }

  /** Tell what is new in the status. */
  tell(status: Status): void {
    // In system mode the view of the parts is there once it can be asked: a machine that starts does not wait for tor.
    const isReady = this.#access === 'group' || hasSettled(status)
    const { noticed, text } = planNotice(this.#noticed, isReady, formatStatusLine(status))
    this.#noticed = noticed
    if (text !== undefined) this.#manager?.send(text)
  }

  /** Tell that the end has begun. The watchdog goes on: an end that hangs is one to be killed. */
  stopping(): void {
    this.#manager?.send('STOPPING=1')
  }

  close(): void {
    this.#manager?.close()
  }
}
