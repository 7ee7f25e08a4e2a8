import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { LabDescription } from '@cordon/shared/contracts'
import t from 'tap'
import { Cordon, fetchThrough, finish, NO_SERVICES, openLab, until } from './cordon.ts'

t.setTimeout(300_000)
const lab = await openLab()
t.teardown(() => lab.close())
const description: LabDescription = JSON.parse(await text(connect({ path: join(lab.directory, 'lab.sock') })))

/** A tor that somebody else runs: inside the lab, so that it reaches nothing else. */
async function startTor(directory: string, flags: string): Promise<ChildProcess> {
  await writeTorrc(directory, flags)
  const enter = ['--preserve-credentials', '--user', '--net', '--target', String(description.pid), '--']
  return spawn('nsenter', [...enter, 'tor', '--defaults-torrc', '/dev/null', '-f', join(directory, 'torrc')], {
    stdio: 'ignore',
  })
}

async function writeTorrc(directory: string, flags: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lines = [
    ...description.clientTorrc,
    ...description.dirAuthorities,
    `DataDirectory ${directory}/data`,
    `SocksPort unix:${directory}/socks ${flags}`,
    `ControlPort unix:${directory}/control`,
    'CookieAuthentication 1',
    `CookieAuthFile ${directory}/cookie`,
    'ClientRejectInternalAddresses 1',
    'ClientDNSRejectInternalAddresses 1',
    'SafeLogging 1',
  ]
  await writeFile(join(directory, 'torrc'), `${lines.join('\n')}\n`)
}

t.test('a tor that somebody else runs is checked, used, waited for, and never ended', async t => {
  const cordon = await Cordon.create()
  const directory = join(cordon.directory, 'tor')
  const tors: ChildProcess[] = []
  // Its command line names our directory, and close() waits until nothing does.
  t.teardown(async () => {
    for (const tor of tors) tor.kill('SIGKILL')
    await cordon.close()
  })
  const external = `{ control: 'unix:${directory}/control', socks: 'unix:${directory}/socks' }`
  await writeFile(cordon.configurationFile, `${NO_SERVICES}tor:\n  external: ${external}\n`)
  const tor = await startTor(directory, 'IsolateSOCKSAuth')
  tors.push(tor)
  const done = finish(cordon.start('up'))
  const detail = async (): Promise<string | undefined> => (await cordon.part('tor'))?.detail ?? undefined
  await until('the shortcoming', async () => ((await detail())?.includes('lacks KeepAlive') ? true : undefined))
  // It looks again and again, and between two looks nothing is wrong yet.
  const finding = await until('the finding', async () => {
    const { findings } = await cordon.json('doctor')
    return findings.find(({ code }: { code: string }) => code.startsWith('PART_'))
  })
  t.match(finding, { cause: /lacks KeepAliveIsolateSOCKSAuth ExtendedErrors/ })

  await writeTorrc(directory, 'IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors')
  tor.kill('SIGHUP')
  await cordon.ready()
  t.equal((await cordon.part('tor'))?.pid, null, 'it is not a process of ours')
  const { port } = await cordon.json('apps', 'add', 'mail')
  t.match(JSON.parse((await fetchThrough(port)).out), { remoteAddress: /^198\.1/ })

  tor.kill('SIGKILL')
  await until('its absence', async () => (await cordon.status()).state === 'degraded')
  t.not((await fetchThrough(port)).status, 0, 'nothing passes meanwhile')
  const next = await startTor(directory, 'IsolateSOCKSAuth KeepAliveIsolateSOCKSAuth ExtendedErrors')
  tors.push(next)
  await cordon.ready()

  next.kill('SIGSTOP')
  await until('silence', async () => (await cordon.status()).state === 'degraded')
  await until('the watchdog', async () => ((await detail())?.match(/did not answer|control/) ? true : undefined))
  next.kill('SIGCONT')
  await cordon.ready()
  t.equal((await cordon.run('down')).status, 0)
  t.match(await done, { status: 0 })
  t.equal(next.exitCode, null, 'it lives on')
  next.kill('SIGTERM')
  await once(next, 'exit')
})
