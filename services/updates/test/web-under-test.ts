import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import type { Test } from 'tap'
import { openAppPortUnderTest, type SeenCall } from '../../../shared/test/through-tor/app-port-under-test.ts'
import type { CheckPlace } from '../src/edge/check-product.ts'

/** One request as the server got it. */
export interface Recorded extends SeenCall {
  /** From the first byte to the last. */
  readonly bytes: string
  readonly path: string
}

export interface WebUnderTest {
  readonly place: CheckPlace
  readonly recorded: Recorded[]
  readonly calls: SeenCall[]
  readonly directory: string
}

type Answer = (request: IncomingMessage, response: ServerResponse, call: SeenCall) => void

/** An app port whose far end is one server in this process, for all names; it records what it is sent, byte by byte. */
export async function openWebUnderTest(
  t: Test,
  answer: Answer,
  options: { readonly refuse?: (call: SeenCall) => number | undefined; readonly pace?: CheckPlace['pace'] } = {},
): Promise<WebUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), 'cordon-updates-'))
  const recorded: Recorded[] = []
  const server = createServer()
  t.teardown(() => {
    server.closeAllConnections()
    rmSync(directory, { recursive: true, force: true })
  })
  const behind = new Map<Duplex, { call: SeenCall; bytes: string }>()
  server.on('request', (request, response) => {
    const seen = behind.get(request.socket)
    if (seen === undefined) return
    recorded.push({ ...seen.call, bytes: seen.bytes, path: request.url ?? '' })
    answer(request, response, seen.call)
  })
  const port = await openAppPortUnderTest(t, call => {
    const code = options.refuse?.(call)
    if (code !== undefined) return code
    return socket => {
      const seen = { call, bytes: '' }
      // Between the two: Node's server would read the socket below JavaScript, where nothing can be recorded.
      const recorder = new Duplex({
        read: () => {},
        write: (chunk, _encoding, taken) => socket.write(chunk, () => taken()),
        final: done => socket.end(() => done()),
        destroy: (_error, done) => {
          socket.destroy()
          done(null)
        },
      })
      socket.on('data', chunk => {
        seen.bytes += String(chunk)
        recorder.push(chunk)
      })
      socket.on('close', () => recorder.destroy())
      behind.set(recorder, seen)
      server.emit('connection', recorder)
    }
  })
  // A busy machine is no slow server: where a test does not say otherwise, none of them may be taken for one.
  const pace = options.pace ?? { connectMs: 60_000, baseMs: 60_000, window: { windowMs: 60_000, minBytes: 1 } }
  return {
    place: { appSocket: port.path, authorities: [], scratch: directory, pace },
    recorded,
    calls: port.calls,
    directory,
  }
}
