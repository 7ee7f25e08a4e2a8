import { setTimeout as wait } from 'node:timers/promises'
import { Fault } from '@cordon/shared/errors'
import { monotonicNow, withDeadline } from '@cordon/shared/runtime/edge'
import { formatTarget, type UserPassword } from '@cordon/shared/socks'
import { parseWebAddress } from '@cordon/shared/through-tor'
import {
  freshCredentials,
  openWebConnection,
  type WebAnswer,
  type WebConnection,
} from '@cordon/shared/through-tor/edge'
import type { SourceOutcome } from '../combine/index.ts'
import { type DatedExchange, EdgeSearch, judgeAnswer } from '../exchange/index.ts'
import type { ChosenSource } from '../select/index.ts'
import { judgePeer } from './judge-peer.ts'

/** What a round gives to each of its sources. */
export interface AskOptions {
  /** The clock's own app port. */
  readonly appSocket: string
  readonly authorities: readonly string[]
  readonly knownMs: number
  readonly maxDelayMs: number
  /** The local wall clock minus monotonic time: the timeline that offsets are relative to. */
  readonly wallMinusMonotonicMs: number
  /** When the round ends, in monotonic milliseconds. */
  readonly endMs: number
  readonly signal: AbortSignal
  /** Told of each exchange, for those who compare rules on the same ones. */
  onExchange?(exchange: DatedExchange): void
}

/** What one source cost. */
export type AskedSource = SourceOutcome & { readonly requests: number }

/** Enough to halve a second seven times over, and a few that only look for a shorter round trip. */
const REQUESTS = 8
/** The head ends at 16 KiB; an answer to HEAD has no body, and a server that sends one all the same is cut off here. */
const MAX_BODY_BYTES = 65_536
/** Of the round, for the stream and for TLS each; an onion service that takes longer is asked another time. */
const CONNECT_MS = 15_000

/** What ends a round a little late ends it with a reason. */
const GRACE_MS = 1000

const late = (): Fault =>
  new Fault('VIA_TOO_LATE', 'the source was not measured within the round', { where: 'remote', retry: 'after-waiting' })

/** Ask one source on one connection under an identity of its own. Never rejects: what goes wrong is the outcome. */
export async function askSource(source: ChosenSource, options: AskOptions): Promise<AskedSource> {
  let requests = 0
  try {
    // One identity for all requests of this source and round, and for no others.
    const credentials = freshCredentials()
    const connect = (): Promise<WebConnection> => connectTo(source.url, credentials, options)
    const searching = search(connect, options, () => {
      requests += 1
    })
    // Each step has a deadline of its own; this one holds whatever becomes of them.
    const result = await withDeadline(searching, options.endMs + GRACE_MS - monotonicNow(), late)
    return { source, result, requests }
  } catch (thrown) {
    return { source, result: { type: 'failed', why: describe(thrown) }, requests }
  }
}

async function connectTo(url: string, credentials: UserPassword, options: AskOptions): Promise<WebConnection> {
  const { appSocket, authorities, knownMs, endMs, signal } = options
  const address = parseWebAddress(url)
  return await openWebConnection({
    appSocket,
    credentials,
    address,
    connectMs: Math.max(1, Math.min(CONNECT_MS, endMs - monotonicNow())),
    authorities,
    judge: socket => judgePeer(socket, { host: formatTarget(address.target), authorities, knownMs }),
    signal,
  })
}

async function search(
  connect: () => Promise<WebConnection>,
  { maxDelayMs, wallMinusMonotonicMs, endMs, signal, onExchange }: AskOptions,
  count: () => void,
): Promise<SourceOutcome['result']> {
  const local = (monotonicMs: number): number => monotonicMs + wallMinusMonotonicMs
  const edge = new EdgeSearch({ requests: REQUESTS, maxDelayMs, endMs: local(endMs) })
  let connection = await connect()
  let connections = 1
  try {
    for (;;) {
      const step = edge.next(local(monotonicNow()))
      if (step.type !== 'ask') return step
      await wait(Math.max(0, step.atMs - local(monotonicNow())), undefined, { signal })
      if (connection.isClosed) {
        // The server keeps no connection open beyond an answer. A new one takes its time, so all is planned anew.
        if (++connections > REQUESTS) return { type: 'failed', why: 'VIA_CUT_SHORT' }
        connection = await connect()
        continue
      }
      count()
      const answer = await askOnce(connection, endMs)
      const judgement = judgeAnswer(answer.status, answer.fields)
      if (judgement.type === 'refused') return { type: 'failed', why: judgement.why }
      const { askedAtMs, answeredAtMs } = answer
      const { dateMs } = judgement
      const exchange = { askedAtMs: local(askedAtMs), answeredAtMs: local(answeredAtMs), dateMs }
      onExchange?.(exchange)
      edge.take(exchange)
    }
  } finally {
    connection.close()
  }
}

/** Ask for the head alone. */
async function askOnce(connection: WebConnection, endMs: number): Promise<WebAnswer> {
  const answer = await connection.ask({
    method: 'HEAD',
    fields: [],
    keepAlive: true,
    limits: { deadlineMs: Math.max(1, endMs - monotonicNow()), maxBytes: MAX_BODY_BYTES },
  })
  for await (const _ of answer.body) {
    // There is none; reading to its end frees the connection for the next request.
  }
  return answer
}

/** A word that names no one. */
const describe = (thrown: unknown): string => (thrown instanceof Fault ? thrown.code : 'failed')
