import { parseDnsResolver } from '@cordon/shared/contracts'
import { explain, Fault } from '@cordon/shared/errors'
import { withDeadline } from '@cordon/shared/runtime/edge'
import { freshCredentials } from '@cordon/shared/through-tor/edge'
import type { Query, UpstreamAnswer } from '../wire/index.ts'
import { ANSWER_MS, type Carrier, CONNECT_MS, tooLate, unusable } from './carrier.ts'
import { openHttpsCarrier } from './https-carrier.ts'
import { openTlsCarrier } from './tls-carrier.ts'

/** A resolver that an app's settings name, asked through the app's own port. */
export interface Upstream {
  /** Why it could not be asked the last time; undefined when it could. */
  readonly trouble: string | undefined
  /** Ask it. Whatever happens, that is an answer: `failed` where none came. */
  ask(query: Query): Promise<UpstreamAnswer>
  /** End what is open and asked; nothing is opened any more. */
  close(): void
}

export interface UpstreamOptions {
  readonly appSocket: string
  /** tls:// or https://, as the settings have it. */
  readonly address: string
  /** Certificates (PEM) believed besides the well-known ones: the lab's, in the lab. */
  readonly authorities: readonly string[]
  onTrouble(): void
}

/** Questions on one connection that are not answered yet (RFC 7766 section 6.2.1.1 leaves the number to us). */
const PIPELINED_MOST = 32

/**
 * Open nothing yet: the first question opens the connection, and the next ones share it. It belongs to one app in one
 * nym epoch, under credentials of its own, so nothing else is on its circuit.
 */
export function prepareUpstream(options: UpstreamOptions): Upstream {
  const resolver = parseDnsResolver(options.address)
  const credentials = freshCredentials()
  let carrier: Promise<Carrier> | undefined
  let trouble: string | undefined
  let isClosed = false
  let open = 0

  const drop = (ended: Promise<Carrier>): void => {
    if (carrier === ended) carrier = undefined
  }
  const openCarrier = (): Promise<Carrier> => {
    // The configuration's laws refuse such an address; a registry that was edited by hand may hold one.
    if (resolver === undefined) return Promise.reject(unusable())
    const route = { ...options, credentials, resolver, onEnd: () => drop(opening) }
    const opening = resolver.protocol === 'tls' ? openTlsCarrier(route) : openHttpsCarrier(route)
    return opening
  }
  const fail = (thrown: unknown): UpstreamAnswer => {
    const before = trouble
    trouble = thrown instanceof Fault ? thrown.message : explain(thrown)
    if (before !== trouble) options.onTrouble()
    return { type: 'failed' }
  }
  return {
    get trouble() {
      return trouble
    },
    ask: async query => {
      if (isClosed || open >= PIPELINED_MOST) return { type: 'failed' }
      open += 1
      const mine = carrier ?? openCarrier()
      carrier = mine
      try {
        const answer = await withDeadline(
          mine.then(opened => opened.ask(query)),
          2 * CONNECT_MS + ANSWER_MS,
          tooLate,
        )
        trouble = undefined
        return answer
      } catch (thrown) {
        drop(mine)
        mine.then(
          opened => opened.close(),
          () => {}, // it never opened, which is what is said here
        )
        return fail(thrown)
      } finally {
        open -= 1
      }
    },
    close: () => {
      isClosed = true
      carrier?.then(
        opened => opened.close(),
        () => {}, // there is nothing to close
      )
    },
  }
}
