import { Fault } from '@cordon/shared/errors'
import type { UserPassword } from '@cordon/shared/socks'
import { parseWebAddress, type TransferLimits } from '@cordon/shared/through-tor'
import { openWebConnection, type WebAnswer } from '@cordon/shared/through-tor/edge'
import { judgeRedirect, refuse } from '../verify/index.ts'

/** The way out of one check: everything that is asked over it is one identity, and nothing outlives it. */
export interface WebWay {
  /** The app port of the update checks. */
  readonly appSocket: string
  /** Of this check alone: the port gives them circuits of their own. */
  readonly credentials: UserPassword
  /** Certificates believed besides the well-known authorities: the lab's. */
  readonly authorities: readonly string[]
  /** Whether clear HTTP will do, because what comes is verified by a signature or the settings say so. */
  readonly allowClear: boolean
  readonly pace: Pace
  readonly signal: AbortSignal
}

/** What a source must keep up at least, and how long it may take for nothing. */
export interface Pace {
  readonly connectMs: number
  /** For an answer of any length; the rest follows from the bytes that may come. */
  readonly baseMs: number
  readonly window: { readonly windowMs: number; readonly minBytes: number }
}

/** Tor at its slowest gives tens of KB/s; half of one is a server that holds the answer back. Arbitrary. */
export const PACE: Pace = { connectMs: 60_000, baseMs: 120_000, window: { windowMs: 20_000, minBytes: 10_240 } }

/**
 * The fields of every request, the same on every installation. `Accept` is what every client sends; `User-Agent` is the
 * shortest that content networks do not turn away, and names neither program nor version. There is no cookie, no
 * language, no encoding (an exit or a server could tell installations apart by what they unpack), nothing conditional.
 */
const FIELDS = [
  ['User-Agent', 'Mozilla/5.0'],
  ['Accept', '*/*'],
] as const

/** An answer with status 200 or 206, its head read. Read the body or abandon the way. */
export interface OpenAnswer {
  readonly answer: WebAnswer
  close(): void
}

export interface AskOptions {
  readonly maxBytes: number
  /** The first byte wanted, to go on with a download. */
  readonly from?: number
}

/** Ask for a document, following what redirects may be followed, or throw a Fault. */
export async function askFor(way: WebWay, address: string, { maxBytes, from = 0 }: AskOptions): Promise<OpenAnswer> {
  const seen = [new URL(address).href]
  for (;;) {
    const here = seen.at(-1) ?? address
    const connection = await openWebConnection({
      appSocket: way.appSocket,
      credentials: way.credentials,
      authorities: way.authorities,
      address: parseWebAddress(here, { allowClear: way.allowClear }),
      connectMs: way.pace.connectMs,
      signal: way.signal,
    })
    try {
      const range = from > 0 ? ([['Range', `bytes=${from}-`]] as const) : []
      const limits = limitsOf(way.pace, maxBytes)
      const answer = await connection.ask({ method: 'GET', fields: [...FIELDS, ...range], limits })
      const location = answer.fields.find(([name]) => name === 'location')?.[1]
      if ([301, 302, 303, 307, 308].includes(answer.status) && location !== undefined) {
        connection.close()
        seen.push(judgeRedirect(seen, location))
        continue
      }
      checkAnswer(answer, from)
      return { answer, close: () => connection.close() }
    } catch (thrown) {
      connection.close()
      throw thrown
    }
  }
}

/** Take a whole document, or throw a Fault. */
export async function take(way: WebWay, address: string, maxBytes: number): Promise<Buffer> {
  const { answer, close } = await askFor(way, address, { maxBytes })
  try {
    const chunks: Uint8Array[] = []
    for await (const chunk of answer.body) chunks.push(chunk)
    return Buffer.concat(chunks)
  } finally {
    close()
  }
}

/** Node's timers go no further, and end at once where they are asked to. */
const DEADLINE_MAX_MS = 2 ** 31 - 1

/** A whole answer at 8 KB/s, besides what any answer may take. */
const limitsOf = ({ baseMs, window }: Pace, maxBytes: number): TransferLimits => ({
  deadlineMs: Math.min(DEADLINE_MAX_MS, baseMs + Math.ceil(maxBytes / 8)),
  maxBytes,
  pace: window,
})

function checkAnswer({ status, fields }: WebAnswer, from: number): void {
  const isWanted = status === 200 || (from > 0 && status === 206)
  if (!isWanted) throw new RefusedStatus(status)
  const encoding = fields.find(([name]) => name === 'content-encoding')?.[1] ?? 'identity'
  if (encoding !== 'identity') throw refuse('UPD_MALFORMED', 'the answer is packed, which nobody asked for')
  if (status !== 206) return
  const range = fields.find(([name]) => name === 'content-range')?.[1] ?? ''
  if (!range.startsWith(`bytes ${from}-`))
    throw refuse('UPD_MALFORMED', 'the answer is another part than was asked for')
}

/** The source answered, and not with what was asked for. TUF needs to know which status. */
export class RefusedStatus extends Fault {
  readonly status: number

  constructor(status: number) {
    super('UPD_REFUSED', `the source answered with status ${status}`, { where: 'remote', retry: 'after-waiting' })
    this.status = status
  }
}
