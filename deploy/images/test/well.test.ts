import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'

const WELL = fileURLToPath(new URL('../well.mjs', import.meta.url))

const runtime = mkdtempSync(join(tmpdir(), 'cordon-well-'))
t.teardown(() => rmSync(runtime, { recursive: true, force: true }))

const ask = (part: string): Promise<{ status: number; said: string }> =>
  new Promise(resolve => {
    const env = { ...process.env, CORDON_RUNTIME_DIR: runtime }
    execFile(process.execPath, [WELL, part], { env }, (error, said) =>
      resolve({ status: Number(error?.code ?? 0), said: said.trim() }),
    )
  })

async function listen(t: Test, path: string, server: Server): Promise<void> {
  mkdirSync(dirname(join(runtime, path)), { recursive: true })
  await new Promise<void>(resolve => server.listen(join(runtime, path), resolve))
  t.teardown(() => new Promise(resolve => server.close(resolve)))
}

/** Answers each question by what `reply` makes of all that was said. */
const answering = (reply: (said: string) => string): Server =>
  createServer(socket => {
    let said = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      said += chunk
      const answer = reply(said)
      if (answer !== '') socket.write(answer)
    })
  })

t.test('a part is as well as its health socket says', async t => {
  let condition: object = { type: 'ready' }
  await listen(
    t,
    'gateway/health.sock',
    createServer(socket => socket.end(`${JSON.stringify(condition)}\n`)),
  )
  t.same(await ask('gateway'), { status: 0, said: 'gateway: ready' })
  condition = { type: 'waiting', detail: 'starting' }
  t.same(await ask('gateway'), { status: 1, said: 'gateway: starting' })
  t.match(await ask('dns'), { status: 1, said: /ENOENT/ }, 'one that is not there is not well')
})

t.test('redis is well when it answers PING, and not while it loads', async t => {
  let pong = '+PONG\r\n'
  await listen(
    t,
    'redis/redis.sock',
    answering(said => (said === 'PING\r\n' ? pong : '')),
  )
  t.same(await ask('redis'), { status: 0, said: 'redis: ready' })
  pong = '-LOADING Redis is loading\r\n'
  t.same(await ask('redis'), { status: 1, said: 'redis: -LOADING Redis is loading' })
})

t.test('tor is well when it says, to who has its cookie, that it has a circuit', async t => {
  let established = 1
  const reply = (said: string): string =>
    said === 'AUTHENTICATE 616263\r\nGETINFO status/circuit-established\r\nQUIT\r\n'
      ? `250 OK\r\n250-status/circuit-established=${established}\r\n250 OK\r\n250 closing connection\r\n`
      : ''
  await listen(t, 'tor/control.sock', answering(reply))
  t.match(await ask('tor'), { status: 1, said: /control\.cookie/ }, 'without a cookie nothing is known')
  writeFileSync(join(runtime, 'tor/control.cookie'), 'abc')
  t.same(await ask('tor'), { status: 0, said: 'tor: ready' })
  established = 0
  t.same(await ask('tor'), { status: 1, said: 'tor: tor has no circuit yet' })
})

t.test('the supervisor is well when the whole is ready', async t => {
  let state = 'ready'
  const server = createHttpServer((request, reply) => reply.end(JSON.stringify({ state, path: request.url })))
  await listen(t, 'supervisor/api.sock', server)
  t.same(await ask('supervisor'), { status: 0, said: 'supervisor: ready' })
  state = 'degraded'
  t.same(await ask('supervisor'), { status: 1, said: 'supervisor: cordon is degraded' })
})
