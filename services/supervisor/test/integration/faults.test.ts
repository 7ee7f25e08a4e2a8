import { readFileSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { Cordon, fetchThrough, finish, openLab, until } from './cordon.ts'
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

for (const [scenario, signal] of FAULTS) {
  t.test(`${scenario}: ${signal} to each part in turn, with traffic`, async t => {
    const traffic = new Traffic(port)
    for (const part of ['redis', 'gateway', 'tor']) {
      const others = ['redis', 'gateway', 'tor'].filter(other => other !== part)
      const before = await cordon.pid(part)
      const undisturbed = await Promise.all(others.map(other => cordon.pid(other)))
      const since = performance.now()
      process.kill(before, signal)
      if (signal === 'SIGSTOP') {
        const isUnwell = async () => {
          const { state, parts } = await cordon.json('status')
          const found = parts.find(({ name }: { name: string }) => name === part)
          return state !== 'ready' && found.state !== 'ready' ? found : undefined
        }
        t.not((await until('bad health', isUnwell)).state, 'ready', `a stopped ${part} is not called healthy`)
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
  process.kill(before, 'SIGSTOP')
  await until('silence', async () => ((await cordon.json('status')).state === 'degraded' ? true : undefined))
  const passed = traffic.seen.succeeded
  await until('traffic without redis', () => (traffic.seen.succeeded > passed ? true : undefined))
  await cordon.backFrom('redis', before, 0)
  t.match(await traffic.stop(), { refused: 0, direct: 0 })
})

t.test('SUP-04: asked to end with a stream open, it ends in time and leaves nothing', async t => {
  const bulk = fetchThrough(port, 'http://bulk.example/100000000')
  await until('an open stream', async () => ((await cordon.json('apps')).apps[0].streams > 0 ? true : undefined))
  const since = performance.now()
  const tor = await cordon.pid('tor')
  const supervisor = Number(/^PPid:\s+([0-9]+)$/m.exec(readFileSync(`/proc/${tor}/status`, 'utf8'))?.[1])
  process.kill(supervisor, 'SIGTERM')
  await until('the end', () => (cordon.processes().length === 0 ? true : undefined))
  t.ok(performance.now() - since < 30_000, 'within the 30 s of an orderly stop')
  t.not((await bulk).status, 0, 'the stream has ended')
})

t.test('SUP-02: a part that exits at once, again and again, and is then mended', async t => {
  const cordon = await Cordon.create()
  t.teardown(() => cordon.close())
  const starts = join(cordon.directory, 'starts')
  const broken = join(cordon.directory, 'tor')
  await writeFile(
    broken,
    `#!/bin/sh\ncase "$*" in --version) echo "Tor version 0.4.9.11." ;; *--verify-config) ;; *) echo x >> ${starts}; exit 1 ;; esac\n`,
  )
  await chmod(broken, 0o755)
  await writeFile(cordon.configurationFile, `tor:\n  program: ${broken}\n`)
  const done = finish(cordon.start('up', '--lab', '--lab-dir', lab.directory))
  const failed = async () => {
    const { state, parts = [] } = await cordon.json('status')
    const tor = parts.find(({ name }: { name: string }) => name === 'tor')
    return tor?.state === 'failed' && state === 'degraded' ? tor : undefined
  }
  await until('failed', failed)
  t.ok(readFileSync(starts, 'utf8').split('\n').length <= 8, 'no storm of forks')
  await writeFile(cordon.configurationFile, '')
  await until('readiness', async () => ((await cordon.json('status')).state === 'ready' ? true : undefined))
  await cordon.run('down')
  t.match(await done, { status: 0 })
})
