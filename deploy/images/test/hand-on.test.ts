import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { until } from '../../../shared/test/until.ts'

const HAND_ON = fileURLToPath(new URL('../hand-on.mjs', import.meta.url))

const directory = mkdtempSync(join(tmpdir(), 'cordon-hand-on-'))
const path = join(directory, 'a.sock')
t.teardown(() => rmSync(directory, { recursive: true }))

/** Say something to the socket, end, and return what comes until the far end has ended too. */
const converse = (words: string | Buffer): Promise<string> =>
  new Promise(resolve => {
    let said = ''
    const socket: Socket = connect({ path, allowHalfOpen: true }, () => socket.end(words))
    socket.on('data', chunk => {
      said += String(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve(said))
    socket.on('end', () => socket.destroy())
  })

/** Whether somebody listens at the socket. */
const takesConnections = (): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ path }, () => socket.destroy())
    socket.on('error', () => resolve(false)).on('close', failed => resolve(!failed))
  })

t.test('the image can start it', async t => {
  t.equal(statSync(HAND_ON).mode & 0o111, 0o111)
})

t.test('what is said to the socket reaches the port, and the answer comes back after the end of the words', async t => {
  // It answers when it has heard all: a way that is closed by the first end would bring nothing back.
  const server = createServer({ allowHalfOpen: true }, socket => {
    let bytes = 0
    socket.on('data', chunk => {
      bytes += chunk.length
    })
    socket.on('error', () => {})
    socket.on('end', () => socket.end(`${bytes} bytes`))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  writeFileSync(path, 'left by a run that was killed')
  const child = spawn(process.execPath, [HAND_ON, path, String(port)], { stdio: 'inherit' })
  const ended = new Promise<number | null>(resolve => child.once('exit', code => resolve(code)))
  t.teardown(() => child.kill('SIGKILL'))
  // It is there before it is listened at.
  await until('the socket', takesConnections)
  t.equal(statSync(path).mode & 0o777, 0o660, 'for its group, and nobody else')
  const large = Buffer.alloc(3_000_000, 'x')
  t.same(await Promise.all([converse('hello'), converse(large), converse('')]), ['5 bytes', '3000000 bytes', '0 bytes'])
  await new Promise(resolve => server.close(resolve))
  t.equal(await converse('hello'), '', 'nobody listens there: the connection ends, and it goes on')
  t.equal(await converse('hello'), '')
  child.kill('SIGTERM')
  t.equal(await ended, 0)
})
