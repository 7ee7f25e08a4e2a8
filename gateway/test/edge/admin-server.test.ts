import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import t, { type Test } from 'tap'
import { type AdminDeadlines, closeAdmin, listenForAdmin, makeAdminServer } from '../../src/edge/admin-server.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-admin-'))
t.teardown(() => rm(directory, { recursive: true }))

const PATIENT: AdminDeadlines = { headersMs: 60_000, requestMs: 60_000, lookMs: 10 }
const HASTY_HEADERS: AdminDeadlines = { ...PATIENT, headersMs: 50 }
// Node wants the deadline of the headers to be no later than that of all.
const HASTY_REQUEST: AdminDeadlines = { ...PATIENT, headersMs: 50, requestMs: 50 }
const HEAD = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
const WHOLE = `${HEAD}content-length: 7\r\nconnection: close\r\n\r\n{"a":1}`

/** A server that gives back what it is sent, and one client of it that says `bytes` and then waits. */
async function sayTo(t: Test, deadlines: AdminDeadlines, bytes: string) {
  const path = join(directory, String(Math.random()))
  const listener = { type: 'unix', path, access: 'user' } as const
  const telemetry = openTelemetry({ part: 'gateway', strict: true })
  const server = makeAdminServer(listener, telemetry, deadlines)
  const served: unknown[] = []
  server.post('/echo', ({ body }) => {
    served.push(body)
    return body
  })
  await listenForAdmin(server, listener)
  t.teardown(() => closeAdmin(server))
  let heard = ''
  const client = connect({ path })
  client
    .on('error', () => {})
    .on('data', chunk => {
      heard += chunk
    })
  client.write(bytes)
  const ended = new Promise<string>(resolve => client.once('close', () => resolve(heard)))
  const refusals = (): number => [...telemetry.lines()].filter(({ key }) => key === 'gateway.admin.refused').length
  return { client, ended, served, refusals }
}

t.test('RES-02 a client that stops in its headers or its body is cut, and does nothing', async t => {
  const cases: Readonly<Record<string, [AdminDeadlines, string]>> = {
    'half a line': [HASTY_HEADERS, 'POST /ec'],
    'half the headers': [HASTY_HEADERS, HEAD],
    'half the body': [HASTY_REQUEST, `${HEAD}content-length: 7\r\n\r\n{"a`],
  }
  for (const [name, [deadlines, bytes]] of Object.entries(cases)) {
    const { ended, served, refusals } = await sayTo(t, deadlines, bytes)
    t.match(await ended, /^HTTP\/1\.1 4\d\d /, name)
    t.equal(refusals(), 1, `${name}: one line`)
    t.same(served, [], `${name}: nothing was served`)
  }
})

t.test('one that takes its time within the deadlines is served', async t => {
  for (const cut of [8, HEAD.length, WHOLE.length - 3]) {
    const { client, ended, served } = await sayTo(t, PATIENT, WHOLE.slice(0, cut))
    client.write(WHOLE.slice(cut))
    t.match(await ended, /^HTTP\/1\.1 200 [\s\S]*\{"a":1\}$/)
    t.same(served, [{ a: 1 }])
  }
})
