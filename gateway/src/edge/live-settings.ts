import {
  type AuditSettings,
  type Configuration,
  completeAudit,
  completeLimits,
  type Limits,
} from '@cordon/shared/contracts'
import { explain } from '@cordon/shared/errors'
import { SerialQueue } from '@cordon/shared/runtime'
import { readConfiguration } from '@cordon/shared/runtime/edge'
import type { Telemetry } from '@cordon/shared/telemetry'
import { watchConfiguration } from './configuration-watch.ts'

type Take = (configuration: Configuration) => Promise<void>

/** What the configuration says and may say otherwise while the gateway runs. */
export class LiveSettings {
  readonly #path: string
  readonly #telemetry: Telemetry
  #limits: Limits
  #whileUnknown: AuditSettings['whileUnknown']
  #trouble: string | null = null
  #changed: (() => void) | undefined
  #unwatch: (() => void) | undefined
  /** One that has read the file before it changed must not be the last to say what holds. */
  readonly #changes = new SerialQueue()

  constructor(path: string, configuration: Configuration, telemetry: Telemetry) {
    this.#path = path
    this.#telemetry = telemetry
    this.#limits = completeLimits(configuration.limits)
    this.#whileUnknown = completeAudit(configuration.audit).whileUnknown
  }

  get limits(): Limits {
    return this.#limits
  }

  get whileUnknown(): AuditSettings['whileUnknown'] {
    return this.#whileUnknown
  }

  /** What is wrong with the file, while the last good one holds. */
  get trouble(): string | null {
    return this.#trouble
  }

  /**
   * Read the file again whenever it changes. `take` makes what it says of more than settings so, or throws a Fault;
   * `onTaken` is called when all that it says holds.
   */
  follow(take: Take, onTaken: () => void): void {
    const changed = (): void => void this.#changes.run(() => this.#takeAnew(take, onTaken))
    this.#changed = changed
    this.#unwatch = watchConfiguration(this.#path, changed)
  }

  /** Read the file again now. */
  reload(): void {
    this.#changed?.()
  }

  /** Follow no longer; settles when nothing is being taken any more. */
  async stop(): Promise<void> {
    this.#unwatch?.()
    this.#changed = undefined
    await this.#changes.run(async () => {})
  }

  /** With a mistake in it the old one stays live, and the status says so. */
  async #takeAnew(take: Take, onTaken: () => void): Promise<void> {
    const span = this.#telemetry.startSpan('gateway.reload')
    try {
      const configuration = await readConfiguration(this.#path)
      await take(configuration)
      this.#limits = completeLimits(configuration.limits)
      this.#whileUnknown = completeAudit(configuration.audit).whileUnknown
      onTaken()
      this.#trouble = null
      span.end({ outcome: 'ok' })
    } catch (cause) {
      this.#trouble = explain(cause)
      span.fail(cause)
      // The mistake may name a host: that is for the status, which only this user sees, and not for a log.
      this.#telemetry.log('gateway.configuration.kept')
    }
  }
}
