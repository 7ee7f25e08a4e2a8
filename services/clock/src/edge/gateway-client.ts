import { type IncomingMessage, request } from 'node:http'
import { type ClockTrust, GATEWAY_CLOCK, type GatewayClock } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import Value from 'typebox/value'

/** A gateway that lives answers in milliseconds. Arbitrary. */
const DEADLINE_MS = 3000
const MAX_BYTES = 65_536

/** The gateway's admin API, as far as the clock needs it. Everything throws a Fault `CLK_WINDOW_UNKNOWN`. */
export class GatewayClient {
  readonly #socketPath: string

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Read what the gateway was told of the clock, and what tor knows of the time. */
  async readClock(): Promise<GatewayClock> {
    const answer: unknown = JSON.parse(await this.#ask('GET', undefined))
    if (Value.Check(GATEWAY_CLOCK, answer)) return answer
    throw unreachable(new Error('the gateway answered with something unknown'))
  }

  async tell(state: ClockTrust): Promise<void> {
    await this.#ask('PUT', JSON.stringify({ state }))
  }

  async #ask(method: 'GET' | 'PUT', body: string | undefined): Promise<string> {
    try {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const signal = AbortSignal.timeout(DEADLINE_MS)
      const options = { socketPath: this.#socketPath, method, path: '/v1/clock', headers, agent: false, signal }
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request(options, resolve).once('error', reject).end(body)
      })
      let content = ''
      for await (const chunk of answer) {
        content += String(chunk)
        if (content.length > MAX_BYTES) throw new Error('the answer is too large')
      }
      if ((answer.statusCode ?? 500) >= 300) throw new Error(`status ${answer.statusCode}`)
      return content
    } catch (cause) {
      throw unreachable(cause)
    }
  }
}

const unreachable = (cause: unknown): Fault =>
  new Fault('CLK_WINDOW_UNKNOWN', 'the gateway does not answer', {
    where: 'local',
    retry: 'after-waiting',
    next: 'Wait for the gateway to come back; `cordon status` shows what it waits for.',
    cause,
  })
