import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type ApiDeadlines, closeApi, makeApi, openApi } from '../../../src/api/edge/api-server.ts'
import { askApi } from '../../../src/api/edge/ask-api.ts'
import { invalidRequest } from '../../../src/api/index.ts'
import { Fault } from '../../../src/errors/index.ts'
import { until } from '../../until.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-api-'))
t.teardown(() => rm(directory, { recursive: true }))

const PATIENT: ApiDeadlines = { headersMs: 60_000, requestMs: 60_000, lookMs: 10 }
const HASTY_HEADERS: ApiDeadlines = { ...PATIENT, headersMs: 50 }
// Node wants the deadline of the headers to be no later than that of all.
const HASTY_REQUEST: ApiDeadlines = { ...PATIENT, headersMs: 50, requestMs: 50 }
const HEAD = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
const WHOLE = `${HEAD}content-length: 7\r\nconnection: close\r\n\r\n{"a":1}`

/** A server that gives back what it is sent, and one client of it that says `bytes` and then waits. */
async function sayTo(t: Test, deadlines: ApiDeadlines, bytes: string) {
  const path = join(directory, String(Math.random()))
  let refusals = 0
  const onRefused = (): void => {
    refusals += 1
  }
  const api = makeApi({ deadlines, onRefused })
  const served: unknown[] = []
  api.post('/echo', ({ body }) => {
    served.push(body)
    return body
  })
  await openApi(api, path, { access: 'user' })
  t.teardown(() => closeApi(api))
  let heard = ''
  const client = connect({ path })
  client
    .on('error', () => {})
    .on('data', chunk => {
      heard += chunk
    })
  client.write(bytes)
  const ended = new Promise<string>(resolve => client.once('close', () => resolve(heard)))
  return { client, ended, served, refusals: () => refusals }
}

t.test('RES-02 a client that stops in its headers or its body is cut, and does nothing', async t => {
  const cases: Readonly<Record<string, [ApiDeadlines, string]>> = {
    'half a line': [HASTY_HEADERS, 'POST /ec'],
    'half the headers': [HASTY_HEADERS, HEAD],
    'half the body': [HASTY_REQUEST, `${HEAD}content-length: 7\r\n\r\n{"a`],
  }
  for (const [name, [deadlines, bytes]] of Object.entries(cases)) {
    const { ended, served, refusals } = await sayTo(t, deadlines, bytes)
    t.match(await ended, /^HTTP\/1\.1 4\d\d /, name)
    t.equal(refusals(), 1, `${name}: told once`)
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

t.test('a failure is code, message and next step, and an unexpected error says nothing of itself', async t => {
  const path = join(directory, 'failures')
  const api = makeApi({ statusCodes: { GW_APP_UNKNOWN: 404 } })
  const fault = (code: 'GW_APP_UNKNOWN' | 'GW_APP_EXISTS') =>
    new Fault(code, 'no', { where: 'local', retry: 'never', next: 'Do this.' })
  const failures: Readonly<Record<string, Error>> = {
    '/known': fault('GW_APP_UNKNOWN'),
    '/other': fault('GW_APP_EXISTS'),
    '/invalid': invalidRequest('not so'),
    '/bug': new Error('secret'),
  }
  for (const [route, failure] of Object.entries(failures)) {
    api.get(route, () => {
      throw failure
    })
  }
  await openApi(api, path, { access: 'user' })
  t.teardown(() => closeApi(api))
  const get = (route: string) => askApi(path, { method: 'GET', path: route })
  t.same(await get('/known'), { status: 404, value: { code: 'GW_APP_UNKNOWN', message: 'no', next: 'Do this.' } })
  t.match(await get('/other'), { status: 500, value: { code: 'GW_APP_EXISTS' } })
  t.match(await get('/invalid'), { status: 400, value: { code: 'GW_REQUEST_INVALID', message: 'not so' } })
  t.match(await get('/bug'), { status: 500, value: { message: 'an internal error', next: null } })
  t.match(await get('/nothing'), { status: 404, value: { message: 'there is nothing at this address' } })
})

t.test('what a web page can send is refused on every socket of ours', async t => {
  const cases = ['origin: http://evil.example', 'content-type: text/plain', 'connection: upgrade\r\nupgrade: websocket']
  for (const header of cases) {
    const head = `POST /echo HTTP/1.1\r\nhost: x\r\n${header}\r\n`
    const { ended, served, refusals } = await sayTo(t, PATIENT, `${head}content-length: 7\r\n\r\n{"a":1}`)
    t.match(await ended, /^HTTP\/1\.1 403 /, header)
    t.equal(refusals(), 1)
    t.same(served, [], 'nothing was served')
  }
})

t.test('a question ends at its deadline, and at the bound of an answer', async t => {
  const path = join(directory, 'slow')
  const api = makeApi()
  api.get('/never', () => new Promise(() => {}))
  api.get('/endless', (_request, reply) => {
    reply.hijack()
    const pour = (): void => {
      while (!reply.raw.destroyed && reply.raw.write(Buffer.alloc(1_048_576)));
    }
    reply.raw.on('drain', pour)
    pour()
  })
  await openApi(api, path, { access: 'user' })
  t.teardown(() => closeApi(api))
  await t.rejects(askApi(path, { method: 'GET', path: '/never' }, 50), { name: 'AbortError' })
  await t.rejects(askApi(path, { method: 'GET', path: '/endless' }, PATIENT.requestMs), {
    message: /more than 16777216 bytes/,
  })
  await t.rejects(askApi(join(directory, 'nobody'), { method: 'GET', path: '/' }), { code: 'ENOENT' })
})

t.test('an answer that came in time is taken, though the asker was held up beyond the deadline', async t => {
  const path = join(directory, 'held-up')
  const server = createServer(socket => {
    socket.on('error', () => {}) // the asker may have given up
    socket.once('data', () => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')
      for (const end = performance.now() + 200; performance.now() < end; );
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  t.teardown(() => server.close())
  // Again where the question itself came too late.
  const answer = await until('an answer', () => askApi(path, { method: 'GET', path: '/' }, 50).catch(() => undefined))
  t.same(answer, { status: 200, value: {} })
})
