import { type ApiQuestion, askApi } from '@cordon/shared/api/edge/ask-api'
import { type ClockTrust, GATEWAY_CLOCK, type GatewayClock } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { fits } from '@cordon/shared/schema'

/** A gateway that lives answers in milliseconds. Arbitrary. */
const DEADLINE_MS = 3000

/** The gateway's admin API, as far as the clock needs it. Everything throws a Fault `CLK_WINDOW_UNKNOWN`. */
export class GatewayClient {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Read what the gateway was told of the clock, and what tor knows of the time. */
  async readClock(): Promise<GatewayClock> {
    const value = await this.#ask({ method: 'GET', path: '/v1/clock' })
    if (fits(GATEWAY_CLOCK, value)) return value
    throw unreachable(new Error('the gateway answered with something unknown'))
  }

  async tell(state: ClockTrust): Promise<void> {
    await this.#ask({ method: 'PUT', path: '/v1/clock', body: { state } })
  }

  async #ask(question: ApiQuestion): Promise<unknown> {
    const { status, value } = await askApi(this.#socketPath, question, DEADLINE_MS).catch((cause: unknown) => {
      throw unreachable(cause)
    })
    if (status < 300) return value
    throw unreachable(new Error(`status ${status}`))
  }
}

const unreachable = (cause: unknown): Fault =>
  new Fault('CLK_WINDOW_UNKNOWN', 'the gateway does not answer', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Wait for the gateway to come back; `cordon status` shows what it waits for.',
    cause,
  })
