import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { until } from '../../until.ts'

const PART = fileURLToPath(new URL('../fixtures/part.ts', import.meta.url))
const directory = await mkdtemp(join(tmpdir(), 'cordon-part-'))
t.teardown(() => rm(directory, { recursive: true }))

/** Start a part whose configuration says how its start goes. */
async function start(how: string) {
  const config = join(directory, `${how}.yaml`)
  await writeFile(config, `dns: { desktop: ${how} }\n`)
  const places = ['--config', config, '--state-dir', directory, '--runtime-dir', directory]
  const child = fork(PART, places, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const said: string[] = []
  child.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(...text.split('\n').filter(Boolean)))
  const announced: unknown[] = []
  child.on('message', message => announced.push(message))
  const hears = (line: string) => until(line, () => said.includes(line))
  const ended = once(child, 'exit') as Promise<[number | null, string | null]>
  // Its end may be heard of before what it announced last; this comes after both.
  const closed = once(child, 'close') as typeof ended
  return { child, said, announced, hears, ended, closed }
}

const send = (child: ChildProcess, message: object): boolean => child.send(message)

t.test('SIGHUP never ends a part: while it starts it is kept for later, then the part is told', async t => {
  const { child, said, announced, hears, ended } = await start('slow')
  await hears('opening with 0 authorities')
  child.kill('SIGHUP')
  send(child, { type: 'are-you-alive' })
  await until('an answer while it starts', () => announced.length === 1)
  child.kill('SIGUSR2')
  await hears('reload')
  await until('the part to be ready', () => announced.length === 2)
  t.same(announced, [{ type: 'alive' }, { type: 'ready' }])
  child.kill('SIGHUP')
  await until('the second reload', () => said.filter(line => line === 'reload').length === 2)
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  send(child, { type: 'resumed', sleptMs: 5, traceparent })
  await hears('resumed 0af7651916cd43dd8448eb211c80319c')
  child.kill('SIGTERM')
  t.same(await ended, [0, null])
  await hears('closed')
})

t.test('a part ends with who started it, also while it starts', async t => {
  const { child, announced, hears, ended } = await start('slow')
  await hears('opening with 0 authorities')
  child.disconnect()
  t.same(await ended, [0, null])
  t.same(announced, [])
})

t.test('what may heal by itself ends without a word, to be started again; a bug is announced', async t => {
  const [absent, broken] = await Promise.all([start('absent'), start('broken')])
  t.same(await absent.closed, [1, null])
  t.same(absent.announced, [])
  t.same(await broken.closed, [1, null])
  t.same(broken.announced, [{ type: 'failed', code: 'UPD_FAILED', message: 'a bug', next: null }])
})
