import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Site } from './site.ts'

/**
 * How a source of time behaves: the query of the address that is asked, so that one site is every source a test wants.
 * Without a query it is honest and prompt.
 */
export interface TimeBehaviour {
  /** How far its clock is ahead, in milliseconds. */
  readonly offsetMs: number
  /** How long a request takes until the clock is read, and the answer from then on, in milliseconds. */
  readonly outMs: number
  readonly backMs: number
  /** Added to both, each time anew and evenly spread from 0 to this. */
  readonly jitterMs: number
  /** The Date fields in place of the clock's. */
  readonly dates: readonly string[] | undefined
  readonly age: string | null
  readonly misbehaviour: string | null
}

/** Read a behaviour out of the path of a request. */
export function parseBehaviour(path: string): TimeBehaviour {
  const { searchParams } = new URL(path, 'http://time.example')
  const number = (name: string): number => Number(searchParams.get(name) ?? 0)
  return {
    offsetMs: number('offset'),
    outMs: number('out'),
    backMs: number('back'),
    jitterMs: number('jitter'),
    dates: searchParams.has('date') ? searchParams.getAll('date').filter(date => date !== '') : undefined,
    age: searchParams.get('age'),
    misbehaviour: searchParams.get('do'),
  }
}

/** What a server that means ill does with a request. Heads are written by hand: Node's server would mend them. */
const MISBEHAVIOURS: Readonly<Record<string, (response: ServerResponse, date: string) => void>> = {
  /** A body without end, where there must be none. */
  endless: ({ socket }, date) => {
    socket?.write(`HTTP/1.1 200 OK\r\nDate: ${date}\r\n\r\n`)
    const pour = (): void => {
      while (socket?.destroyed === false && socket.write(Buffer.alloc(16_384)));
    }
    socket?.on('drain', pour)
    pour()
  },
  /** A head without end. */
  'endless-head': ({ socket }, date) => {
    socket?.write(`HTTP/1.1 200 OK\r\nDate: ${date}\r\n`)
    const pour = (): void => {
      while (socket?.destroyed === false && socket.write('X-More: more and more and more\r\n'));
    }
    socket?.on('drain', pour)
    pour()
  },
  /** One byte a second. */
  trickle: async ({ socket }, date) => {
    for (const byte of `HTTP/1.1 200 OK\r\nDate: ${date}\r\n\r\n`) {
      if (socket?.destroyed !== false) return
      socket.write(byte)
      await wait(1000)
    }
  },
  /** Says that it is compressed, and is small. */
  gzip: (response, date) => {
    response.writeHead(200, { date, 'content-encoding': 'gzip', 'content-length': 10_000_000 }).end()
  },
  redirect: (response, date) => {
    response.writeHead(302, { date, location: 'http://check.example/' }).end()
  },
  /** Keeps no connection open. */
  close: (response, date) => {
    response.writeHead(200, { date, connection: 'close' }).end()
  },
  reset: ({ socket }) => void socket?.resetAndDestroy(),
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume()
  const { offsetMs, outMs, backMs, jitterMs, dates, age, misbehaviour } = parseBehaviour(request.url ?? '/')
  const late = (ms: number): Promise<unknown> => wait(ms + Math.random() * jitterMs)
  if (outMs + jitterMs > 0) await late(outMs)
  const date = new Date(Date.now() + offsetMs).toUTCString()
  if (backMs + jitterMs > 0) await late(backMs)
  response.sendDate = false
  const misbehave = MISBEHAVIOURS[misbehaviour ?? '']
  if (misbehave !== undefined) return misbehave(response, date)
  const fields = (dates ?? [date]).map(value => ['Date', value] as const)
  response.writeHead(200, [...fields, ...(age === null ? [] : [['Age', age] as const])].flat())
  response.end()
}

/** How many sources there are. */
const SOURCES = 12

/** Sources of time: `t1.time.example` to `t12.time.example`, each run by somebody else. */
export const TIME_SITES: readonly Site[] = Array.from({ length: SOURCES }, (_, at) => ({
  name: `t${at + 1}.time.example`,
  address: `198.18.80.${20 + at}`,
  services: [
    { type: 'http', handle: answer },
    { type: 'https', handle: answer },
  ],
}))
