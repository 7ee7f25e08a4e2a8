import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openControlConnection } from '../../../src/runtime/edge/index.ts'
import { getInfo, parseGetInfo } from '../../../src/tor-control/index.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-control-'))
t.teardown(() => rm(directory, { recursive: true }))

const PROTOCOL_INFO =
  '250-PROTOCOLINFO 1\r\n250-AUTH METHODS=HASHEDPASSWORD\r\n250-VERSION Tor="0.4.9.11"\r\n250 OK\r\n'

/** A tor that takes any password and answers everything else with `answer`, in one write. */
async function connectTo(t: { teardown(end: () => void): void }, answer: string, seen: string[]) {
  const path = join(directory, String(Math.random()))
  const replyTo = (command: string): string => {
    if (command.startsWith('PROTOCOLINFO')) return PROTOCOL_INFO
    return command.startsWith('AUTHENTICATE') ? '250 OK\r\n' : answer
  }
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {}) // the client may hang up first
    socket.on('data', chunk => {
      const commands = chunk.toString().split('\r\n').slice(0, -1)
      socket.write(commands.map(replyTo).join(''))
    })
  })
  await new Promise<void>(resolve => server.listen(path, resolve))
  const connection = await openControlConnection({
    socketPath: path,
    password: 'x',
    onEvent: event => seen.push(event.type),
    onClose: () => seen.push('closed'),
  })
  t.teardown(() => {
    connection.close()
    server.close()
  })
  return connection
}

const STATE = '250-status/circuit-established=0\r\n250 OK\r\n'
const EVENT = '650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n'

t.test('an event that follows an answer is seen after the answer was taken in', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, `${STATE}${EVENT}`, seen)
  // As its users do: some steps of promises between the answer and what is made of it.
  const ask = async () => parseGetInfo(await connection.send(getInfo(['status/circuit-established'])))
  const take = async () => (await ask()) instanceof Map && seen.push('answer')
  await take()
  await new Promise(resolve => setImmediate(resolve))
  t.same(seen, ['answer', 'status'])
})

t.test('an event before an answer is seen before it', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, `${EVENT}${STATE}`, seen)
  await connection.send(getInfo(['status/circuit-established']))
  seen.push('answer')
  t.same(seen, ['status', 'answer'])
})

t.test('many answers in one write go each to its own question', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, STATE, seen)
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => connection.send(getInfo(['status/circuit-established']))),
  )
  t.equal(answers.filter(({ status }) => status === 250).length, 50)
})

t.test('what breaks the protocol ends the connection, after what came before it', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, `${STATE}nonsense\r\n`, seen)
  await connection.send(getInfo(['status/circuit-established']))
  await t.rejects(connection.send(getInfo(['status/circuit-established'])), { code: 'TOR_CONTROL_UNREACHABLE' })
  t.same(seen, ['closed'])
})
