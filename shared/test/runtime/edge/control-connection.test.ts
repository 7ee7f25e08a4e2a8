import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openControlConnection } from '../../../src/runtime/edge/index.ts'
import { getInfo, parseGetInfo } from '../../../src/tor-control/index.ts'
import { openScriptedControlPort } from './scripted-control-port.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-control-'))
t.teardown(() => rm(directory, { recursive: true }))

/** Connect to a tor that answers everything with `answer`. */
async function connectTo(t: { teardown(end: () => void): void }, answer: string, seen: string[]) {
  const path = join(directory, String(Math.random()))
  const port = await openScriptedControlPort(path, () => answer)
  t.teardown(() => port.close())
  const connection = await openControlConnection({
    socketPath: path,
    password: 'x',
    onEvent: event => seen.push(event.type),
    onClose: () => seen.push('closed'),
  })
  t.teardown(() => connection.close())
  return connection
}

const ESTABLISHED = getInfo(['status/circuit-established'])
const STATE = '250-status/circuit-established=0\r\n250 OK\r\n'
const EVENT = '650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n'

t.test('an answer is taken in its turn: after what came before it and before what came after, in one read', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, `${EVENT}${STATE}${EVENT}`, seen)
  const taken = await connection.send(ESTABLISHED, reply => {
    seen.push('answer')
    return parseGetInfo(reply)
  })
  t.same(taken, new Map([['status/circuit-established', '0']]))
  t.same(seen, ['status', 'answer', 'status'])
})

t.test('what is made of an answer may fail: the asker hears it, and the connection goes on', async t => {
  const connection = await connectTo(t, STATE, [])
  const failed = connection.send(ESTABLISHED, () => {
    throw new Error('no use for it')
  })
  await t.rejects(failed, { message: 'no use for it' })
  t.match(await connection.send(ESTABLISHED), { status: 250 })
})

t.test('many answers in one write go each to its own question', async t => {
  const connection = await connectTo(t, STATE, [])
  const answers = await Promise.all(Array.from({ length: 50 }, () => connection.send(ESTABLISHED)))
  t.equal(answers.filter(({ status }) => status === 250).length, 50)
})

t.test('what breaks the protocol ends the connection, after what came before it', async t => {
  const seen: string[] = []
  const connection = await connectTo(t, `${STATE}nonsense\r\n`, seen)
  t.match(await connection.send(ESTABLISHED), { status: 250 })
  await t.rejects(connection.send(ESTABLISHED), { code: 'TOR_CONTROL_UNREACHABLE' })
  t.same(seen, ['closed'])
})
