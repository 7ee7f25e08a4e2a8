import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { FakeTor } from '../fake-tor.ts'
import { ask, Client, reply, until } from '../gateway-under-test.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

t.test('EMFILE: a gateway that runs out of descriptors refuses cleanly, keeps its streams and goes on', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-fd-'))
  const tor = await FakeTor.open()
  const configuration = `apps: { mail: {} }
tor: { external: { control: 'unix:${directory}/none', socks: 'unix:${tor.socksPath}' } }
`
  await writeFile(join(directory, 'cordon.yaml'), configuration)
  // 320 descriptors: 256 kept back, two for each of 32 streams.
  const options = ['--config', join(directory, 'cordon.yaml'), '--state-dir', join(directory, 's')]
  const gateway = spawn(
    'prlimit',
    ['--nofile=320:320', process.execPath, MAIN, ...options, '--runtime-dir', join(directory, 'r')],
    {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  const ended = new Promise(resolve => gateway.once('exit', resolve))
  t.teardown(async () => {
    gateway.kill('SIGKILL')
    await ended
    await tor.close()
    await rm(directory, { recursive: true, force: true })
  })
  await new Promise<void>(resolve =>
    gateway.on('message', (message: { type: string }) => message.type === 'ready' && resolve()),
  )
  const { ports } = JSON.parse(await readFile(join(directory, 's', 'apps.json'), 'utf8')) as {
    ports: { mail: number }
  }
  const port = ports.mail
  const open = Array.from({ length: 32 }, () => new Client({ port }).send(ask('echo.example')))
  for (const client of open) t.equal(await client.take(12), `0500${reply(0)}`)
  for (let n = 0; n < 10; n++) t.equal(await new Client({ port }).send(ask('echo.example')).rest(), `0500${reply(1)}`)
  // More connections than there are descriptors: those that cannot be had are closed, and nothing hangs.
  const flood = Array.from({ length: 400 }, () => new Client({ port }))
  await until('some of them to be closed', () => flood.some(({ ended, closed }) => ended || closed))
  for (const client of flood) client.socket.destroy()
  open[0]?.send('still here')
  t.equal(await open[0]?.take(10), Buffer.from('still here').toString('hex'))
  open[1]?.socket.destroy()
  // What is still left of the flood may cost the next one its descriptor, too.
  await until('room again', async () => {
    const client = new Client({ port }).send(ask('echo.example'))
    await until('an answer or the end', () => client.heard.length >= 12 || client.ended || client.closed)
    return client.heard.toString('hex') === `0500${reply(0)}`
  })
  t.equal(gateway.exitCode, null)
})
