import type { DnsResolver } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import type { freshCredentials } from '@cordon/shared/through-tor/edge'
import type { Query, UpstreamAnswer } from '../wire/index.ts'

/** What carries questions to a resolver over one connection. */
export interface Carrier {
  /** Ask it; rejects with a Fault where the connection fails. */
  ask(query: Query): Promise<UpstreamAnswer>
  close(): void
}

/** How a resolver is reached: through the app's port, as nobody else. */
export interface Route {
  readonly appSocket: string
  /** Certificates (PEM) believed besides the well-known ones: the lab's, in the lab. */
  readonly authorities: readonly string[]
  readonly credentials: ReturnType<typeof freshCredentials>
  readonly resolver: DnsResolver
  /** The connection is over, whoever ended it. */
  onEnd(): void
}

/** For the stream and for TLS, each. */
export const CONNECT_MS = 20_000
export const ANSWER_MS = 15_000
/** RFC 7766 section 6.2.3: a few seconds; a circuit costs seconds to build, so longer here. Arbitrary. */
export const IDLE_MS = 30_000

const fault = (message: string): Fault =>
  new Fault('VIA_ANSWER_INVALID', message, { where: 'remote', retry: 'after-waiting' })
export const tooLate = (): Fault =>
  new Fault('VIA_TOO_LATE', 'the resolver does not answer in time', { where: 'remote', retry: 'after-waiting' })
export const cutShort = (): Fault =>
  new Fault('VIA_CUT_SHORT', 'the resolver closed the connection', { where: 'remote', retry: 'now' })
export const notDns = (why: string): Fault => fault(`the resolver does not answer as it must: ${why}`)
export const unusable = (): Fault => fault('the address of the resolver is not one that can be asked')
