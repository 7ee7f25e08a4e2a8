import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readNothing, readProblem } from '../../src/cli/index.ts'
import { ask } from '../../src/edge/api-client.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-api-'))
t.teardown(() => rm(directory, { recursive: true }))

/** Serve `answer` on a socket of its own for as long as the test runs. */
async function serve(t: { name: string; teardown(end: () => void): void }, answer: RequestListener): Promise<string> {
  const path = join(directory, `${t.name.length}-${Math.random()}`)
  const server = createServer(answer)
  t.teardown(() => server.close())
  await new Promise<void>(resolve => server.listen(path, resolve))
  return path
}

const question = { method: 'GET', path: '/', read: readProblem } as const

t.test('a success is read, a problem becomes the Fault that it names', async t => {
  const path = await serve(t, (request, response) => {
    const refused = request.method === 'DELETE'
    response.writeHead(refused ? 404 : 200)
    response.end(JSON.stringify({ code: 'GW_APP_UNKNOWN', message: 'no such app', next: null }))
  })
  t.match(await ask(path, question), { message: 'no such app' })
  await t.rejects(ask(path, { ...question, method: 'DELETE' }), { code: 'GW_APP_UNKNOWN', message: 'no such app' })
})

t.test('a body is sent as JSON, an empty answer is nothing', async t => {
  const bodies: string[] = []
  const path = await serve(t, async (request, response) => {
    bodies.push(`${request.headers['content-type']} ${(await request.toArray()).join('')}`)
    response.writeHead(204).end()
  })
  await ask(path, { method: 'POST', path: '/', body: { id: 'mail' }, read: readNothing })
  t.same(bodies, ['application/json {"id":"mail"}'])
})

t.test('nobody there, somebody who hangs up, and somebody unknown are three failures', async t => {
  await t.rejects(ask(join(directory, 'nobody'), question), { code: 'SUP_NOT_RUNNING' })
  const rude = await serve(t, request => request.socket.destroy())
  await t.rejects(ask(rude, question), { code: 'SUP_NOT_READY' })
  const strange = await serve(t, (_, response) => response.end('<html>'))
  await t.rejects(ask(strange, question), { code: 'SUP_ANSWER_UNKNOWN' })
})
