import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import type { Status } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { Cordon, fetchThrough, finish, NO_SERVICES, openLab, until } from './cordon.ts'
import { Traffic } from './traffic.ts'

t.setTimeout(300_000)
const lab = await openLab()
t.teardown(() => lab.close())
const upInLab = ['up', '--lab', '--lab-dir', lab.directory, '--detach'] as const

const cordon = await Cordon.create()
t.teardown(() => cordon.close())
const up = await cordon.run(...upInLab)
if (up.status !== 0) throw new Error(up.err)
const { port } = await cordon.json('apps', 'add', 'mail')

const FAULTS = [
  ['SUP-01', 'SIGKILL'],
  ['SUP-03', 'SIGSTOP'],
] as const

/** Follow the status in a program of its own: it sees also what is over before this one looks again. */
function watchStatus(t: Test): { readonly seen: readonly Status[] } {
  const seen: Status[] = []
  const watching = cordon.start('status', '--watch', '--json')
  t.teardown(() => watching.kill())
  if (watching.stdout !== null)
    createInterface({ input: watching.stdout }).on('line', line => void seen.push(JSON.parse(line)))
  return { seen }
}

for (const [scenario, signal] of FAULTS) {
  t.test(`${scenario}: ${signal} to each part in turn, with traffic`, async t => {
    const traffic = new Traffic(port)
    const watch = watchStatus(t)
    for (const part of ['redis', 'gateway', 'tor']) {
      const others = ['redis', 'gateway', 'tor'].filter(other => other !== part)
      const before = await cordon.pid(part)
      const undisturbed = await Promise.all(others.map(other => cordon.pid(other)))
      const since = performance.now()
      const seenFrom = watch.seen.length
      process.kill(before, signal)
      if (signal === 'SIGSTOP') {
        const isUnwell = ({ state, parts }: Status): boolean =>
          state !== 'ready' && parts.find(({ name }) => name === part)?.state !== 'ready'
        await until(`a stopped ${part} not to be called healthy`, () => watch.seen.slice(seenFrom).some(isUnwell))
      }
      const ms = await cordon.backFrom(part, before, since)
      t.comment(`${part} was back after ${Math.round(ms)} ms`)
      t.same(
        await Promise.all(others.map(other => cordon.pid(other))),
        undisturbed,
        `${part}: the others are undisturbed`,
      )
      const passed = traffic.seen.succeeded
      await until('traffic', () => (traffic.seen.succeeded > passed ? true : undefined))
    }
    t.equal((await traffic.stop()).direct, 0, 'no request took another path')
  })
}

t.test('RED-01, RED-02: redis stopped while an app uses its port: nothing of that reaches the app', async t => {
  const before = await cordon.pid('redis')
  const traffic = new Traffic(port)
  const watch = watchStatus(t)
  await until('the first look', () => watch.seen.some(({ state }) => state === 'ready'))
  process.kill(before, 'SIGSTOP')
  await until('silence', () => watch.seen.some(({ state }) => state === 'degraded'))
  const passed = traffic.seen.succeeded
  await until('traffic without redis', () => (traffic.seen.succeeded > passed ? true : undefined))
  await cordon.backFrom('redis', before, 0)
  t.match(await traffic.stop(), { refused: 0, direct: 0 })
})

t.test('RED-06: redis is full: named by the doctor, and nothing of it reaches the app', async t => {
  const socket = join(cordon.runtimeDirectory, 'redis', 'redis.sock')
  const redis = async (...command: readonly string[]) =>
    await finish(spawn('redis-cli', ['-s', socket, ...command], { stdio: ['ignore', 'pipe', 'pipe'] }))
  await redis('CONFIG', 'SET', 'maxmemory', '1kb')
  t.match((await redis('SET', 'k', 'v')).out, /OOM/)
  const { findings } = await cordon.json('doctor')
  t.match(
    findings.filter(({ code }: { code: string }) => code.startsWith('QUE_')),
    [{ code: 'QUE_WRITES_REFUSED' }],
  )
  t.match(await cordon.json('status'), { state: 'ready' })
  t.equal((await fetchThrough(port)).status, 0)
  await redis('CONFIG', 'SET', 'maxmemory', '64mb')
  t.equal(
    (await cordon.json('doctor')).findings.filter(({ code }: { code: string }) => code.startsWith('QUE_')).length,
    0,
  )
})

t.test('SUP-08: all processes frozen: nobody is blamed, nobody is replaced', async t => {
  const parts = ['redis', 'gateway', 'tor']
  const before = await Promise.all(parts.map(part => cordon.pid(part)))
  const group = [await cordon.supervisorPid(), ...before]
  for (const pid of group) process.kill(pid, 'SIGSTOP')
  // Longer than a watchdog: there is no shorter way to show it. Ten minutes and a suspend are simulated in sleep.test.ts.
  await wait(8000)
  for (const pid of group.toReversed()) process.kill(pid, 'SIGCONT')
  const told = async () =>
    (await cordon.run('logs', '--part', 'supervisor')).out.includes('frozen for') ? true : undefined
  await until('the word of it', told)
  await cordon.ready()
  t.same(await Promise.all(parts.map(part => cordon.pid(part))), before, 'the same processes')
  t.equal((await fetchThrough(port)).status, 0)
})

t.test('SUP-04: asked to end with a stream open, it ends in time and leaves nothing', async t => {
  const bulk = fetchThrough(port, 'http://bulk.example/100000000')
  await until('an open stream', async () => ((await cordon.status()).apps[0]?.streams ?? 0) > 0)
  const since = performance.now()
  process.kill(await cordon.supervisorPid(), 'SIGTERM')
  await until('the end', () => (cordon.processes().length === 0 ? true : undefined))
  t.ok(performance.now() - since < 30_000, 'within the 30 s of an orderly stop')
  t.not((await bulk).status, 0, 'the stream has ended')
})

t.test(
  'SUP-02: a part that exits at once, again and again, is then mended; a service manager hears it all',
  async t => {
    const cordon = await Cordon.create()
    t.teardown(() => cordon.close())
    const socket = join(cordon.directory, 'notify')
    const receiver = spawn('python3', ['-c', RECEIVER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => receiver.kill())
    let heard = ''
    receiver.stdout.setEncoding('utf8').on('data', chunk => {
      heard += chunk
    })
    await until('the receiver', () => heard.includes('bound'))

    const starts = join(cordon.directory, 'starts')
    const broken = join(cordon.directory, 'tor')
    await writeFile(
      broken,
      `#!/bin/sh\ncase "$*" in --version) echo "Tor version 0.4.9.11." ;; *--verify-config) ;; *) echo x >> ${starts}; exit 1 ;; esac\n`,
    )
    await chmod(broken, 0o755)
    await writeFile(cordon.configurationFile, `${NO_SERVICES}tor:\n  program: ${broken}\n`)
    const variables = [`NOTIFY_SOCKET=${socket}`, 'WATCHDOG_USEC=1000000']
    const done = finish(
      cordon.startUnder(['env', ...variables, process.execPath], 'up', '--lab', '--lab-dir', lab.directory),
    )
    const failed = async () => {
      const { state, parts } = await cordon.status()
      const tor = parts.find(({ name }) => name === 'tor')
      return tor?.state === 'failed' && state === 'degraded' ? tor : undefined
    }
    await until('failed', failed)
    t.ok(readFileSync(starts, 'utf8').split('\n').length <= 8, 'no storm of forks')
    t.notMatch(heard, /^READY=1$/m)
    await writeFile(cordon.configurationFile, NO_SERVICES)

    await until('READY=1', () => /^READY=1$/m.test(heard))
    t.match(heard, /^STATUS=starting on the LAB; /m)
    await until('WATCHDOG=1', () => /^WATCHDOG=1$/m.test(heard))
    await cordon.ready()
    await cordon.run('down')
    t.match(await done, { status: 0 })
    await until('STOPPING=1', () => /^STOPPING=1$/m.test(heard))
  },
)

/** What systemd does with the socket that it names. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
print("bound", flush=True)
while True: print(receiver.recv(4096).decode(), flush=True)
`
