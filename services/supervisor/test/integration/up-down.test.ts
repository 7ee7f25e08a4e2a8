import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts'
import { openControlConnection } from '@cordon/shared/runtime/edge'
import { getConf } from '@cordon/shared/tor-control'
import t from 'tap'
import { Cordon, fetchThrough, finish, NO_SERVICES, openLab, until } from './cordon.ts'

const [ESCAPE, CONTROL_C] = ['\x1b', '\x03']

// Instances start and stop one after the other, on a machine that may be busy.
t.setTimeout(400_000)
const lab = await openLab()
t.teardown(() => lab.close())

const open = async (t: { teardown(end: () => Promise<void>): void }, configuration?: string): Promise<Cordon> => {
  const cordon = await Cordon.create(configuration)
  t.teardown(() => cordon.close())
  return cordon
}
const upInLab = ['up', '--lab', '--lab-dir', lab.directory, '--detach'] as const

/** One instance with all services, and one with none, side by side for most of the file. */
const one = await Cordon.create('')
const other = await Cordon.create('apps:\n  mail:\n    isolate: page\nservices: []\n')
t.teardown(() => Promise.all([one.close(), other.close()]))

t.test('a bad configuration is named, and nothing starts', async t => {
  t.match(await other.run('up'), { status: 1, err: /line 3: apps\.mail\.isolate: found "page"; allowed: one of app/ })
  t.match(JSON.parse((await other.run('--json', 'up', '--detach')).err), { error: { code: 'CFG_INVALID' } })
  await writeFile(other.configurationFile, 'apps:\n  mail: {}\nservices: []\n')
})

t.test('SUP-06: two instances side by side; what a stale pid file says means nothing', async t => {
  const bystander = spawn('sleep', ['600'])
  t.teardown(() => bystander.kill())
  await mkdir(join(one.directory, 's', 'tor'), { recursive: true })
  for (const name of ['pid', 'lock', 'cordon.pid', 'tor/tor.pid']) {
    await writeFile(join(one.directory, 's', name), `${bystander.pid}\n`)
  }
  const umask = process.umask(0)
  const starting = [one, other].map(cordon => cordon.run(...upInLab))
  process.umask(umask)
  for (const up of await Promise.all(starting)) {
    t.equal(up.status, 0, up.err)
    t.match(up.err, /LAB: .*NOT Tor/)
  }
  t.equal(bystander.exitCode, null)
  t.equal(bystander.signalCode, null, 'the program of that number is not signalled')
})

t.test('a parts tree is private, also under umask 000, and knows nothing of our environment', async t => {
  for (const path of [
    's',
    'r',
    'r/tor',
    'r/tor/socks.sock',
    'r/tor/control.cookie',
    'r/gateway/admin.sock',
    'r/supervisor/api.sock',
    'r/clock/api.sock',
  ]) {
    t.equal(statSync(join(one.directory, path)).mode & 0o077, 0, path)
  }
  for (const part of ['tor', 'gateway']) {
    const environment = readFileSync(`/proc/${await one.pid(part)}/environ`, 'utf8')
    t.notMatch(environment, /HOME|XDG|CORDON/, part)
  }
})

t.test('SUP-06: a second supervisor refuses and leaves the first undisturbed', async t => {
  const before = await other.status()
  for (const args of [['up'], upInLab]) t.match(await other.run(...args), { status: 1, err: /another Cordon runs/ })
  t.same((await other.status()).parts, before.parts, 'same parts, same processes')
})

t.test('services that are left out are not started, and commands that need them say the next step', async t => {
  const cordon = other
  t.same(
    (await cordon.status()).parts.map(({ name }) => name),
    ['lab', 'tor', 'redis', 'gateway'],
  )
  for (const [service, ...command] of [
    ['clock', 'clock'],
    ['updates', 'updates'],
    ['dns', 'dns', 'mail'],
    ['dns', 'dns', 'mail', '--setup', 'resolved'],
  ] as const) {
    const err = new RegExp(`${service} does not run: services in cordon.yaml .*\\n {2}next: Add ${service} to services`)
    t.match(await cordon.run(...command), { status: 1, err }, command.join(' '))
  }
  const err = /needs dns, which services in cordon\.yaml leaves out\n {2}next: Add dns to services/
  t.match(await cordon.run('run', 'mail', '--', 'true'), { status: 1, err })
  t.match(await cordon.run('status'), { out: /^no clock: services in cordon\.yaml leaves it out$/m })
})

t.test('a changed configuration is followed; with a mistake in it the old one stays live', async t => {
  await writeFile(other.configurationFile, 'apps:\n  mail: {}\n  web: 7\nservices: []\n')
  await until('the trouble', async () => (await other.status()).configurationTrouble ?? undefined)
  t.match(await other.json('status'), { apps: [{ id: 'mail' }], tor: { circuitEstablished: true } })
  await writeFile(other.configurationFile, 'apps:\n  mail: {}\n  web: {}\nservices: []\n')
  await until('the end of the trouble', async () => (await other.status()).configurationTrouble === null)
})

t.test('apps, a page through each, circuits, renew, down; the other instance notices nothing', async t => {
  const cordon = one
  t.equal((await cordon.run('status')).status, 0)
  t.match(await cordon.json('status'), { state: 'ready', network: 'lab', tor: { circuitEstablished: true } })

  const mail = await cordon.json('apps', 'add', 'mail')
  const theirs = (await other.status()).apps[0]?.port ?? 0
  t.not(mail.port, theirs)
  const browser = await cordon.json('apps', 'add', 'browser', '--isolate', 'host')
  for (const { port } of [mail, browser])
    t.match(JSON.parse((await fetchThrough(port)).out), { remoteAddress: /^198\.1/ })
  const { apps } = await cordon.json('circuits')
  const [mails = [], browsers = []] = apps.map((app: { circuits: { group: string }[] }) =>
    app.circuits.map(c => c.group),
  )
  t.ok(mails.length > 0 && browsers.length > 0, 'both have circuits')
  t.notOk(
    mails.some((group: string) => browsers.includes(group)),
    'and share none',
  )
  t.match(await cordon.json('renew', 'mail'), { id: 'mail', nymEpoch: 1 })
  t.match((await cordon.run('env', 'mail')).out, `export ALL_PROXY=socks5h://127.0.0.1:${mail.port}\n`)
  await t.test(
    'circuits --watch on a terminal draws over itself, ends with Ctrl-C and leaves it as it was',
    async t => {
      const file = (name: string): string => join(cordon.directory, name)
      const session = [
        `stty -g > ${file('before')}`,
        // The shell must outlive Ctrl-C, which the terminal sends to all that run in it.
        'trap : INT',
        `"$CORDON_NODE" "$CORDON_COMMAND" circuits --watch; echo $? > ${file('status')}`,
        `stty -g > ${file('after')}`,
      ].join('\n')
      const terminal = cordon.startOnTerminal(session)
      const ended = finish(terminal)
      let drawn = ''
      terminal.stdout?.on('data', chunk => {
        drawn += chunk
      })
      const overTheFirst = /mail[\s\S]*\^\[\d+A[\s\S]*\^\[0J[\s\S]*mail/
      await until('two views, the second over the first', () => overTheFirst.test(drawn.replaceAll(ESCAPE, '^')))
      terminal.stdin?.write(CONTROL_C)
      await ended
      const read = (name: string): string => readFileSync(file(name), 'utf8')
      t.equal(read('status'), '0\n')
      t.equal(read('after'), read('before'), 'echo, line editing and signals are as they were')
      // DEC private modes: 25 the cursor, 1049 the other screen, 2004 bracketed paste.
      const set = [...drawn.replaceAll(ESCAPE, '^').matchAll(/\^\[\?(\d+)([hl])/g)].map(
        ([, mode, way]) => `${mode}${way}`,
      )
      t.ok(!set.includes('25l') || set.lastIndexOf('25h') > set.lastIndexOf('25l'), 'the cursor is not left hidden')
      t.notOk(set.some(mode => /^(1049|2004)h$/.test(mode)))
    },
  )
  t.match(await cordon.run('renew', 'nobody'), { status: 1, err: /^cordon: .*\n {2}next: / })
  t.equal((await cordon.run('apps', 'remove', 'browser')).status, 0)
  t.same(
    (await cordon.json('apps')).apps.map(({ id, own }: { id: string; own: boolean }) => own || id),
    ['mail', true, true, true],
  )
  t.match(await cordon.run('apps', 'remove', 'cordon-clock'), { status: 1, err: /own and cannot be removed/ })

  t.equal((await cordon.run('down')).status, 0)
  t.equal((await cordon.run('status')).status, 3)
  t.same(cordon.processes(), [], 'no orphan')
  t.same(readdirSync(cordon.runtimeDirectory), ['lock'], 'no socket')
  t.match(await cordon.run('down'), { status: 3, err: /not running/ })
  t.equal((await other.status()).state, 'ready')
  t.equal((await fetchThrough(theirs)).status, 0)
})

t.test('SUP-05: after SIGKILL of the supervisor nothing is left, and the apps keep their ports', async t => {
  const portOf = async (app: string) => (await other.status()).apps.find(({ id }) => id === app)?.port
  const port = await portOf('mail')
  process.kill(await other.supervisorPid(), 'SIGKILL')
  await until('the end of the parts', () => other.processes().length === 0, 5000)
  t.equal((await other.run('status')).status, 3)
  const again = await other.run(...upInLab)
  t.equal(again.status, 0, again.err)
  t.equal(await portOf('mail'), port)
  await other.run('down')
})

t.test("in the foreground: additions to tor's configuration; a signal stops everything in order", async t => {
  const cordon = await open(t)
  const additions = join(cordon.directory, 'c', 'cordon', 'torrc')
  await writeFile(additions, 'MaxCircuitDirtiness 300\nFrobnicate 1\n')
  t.equal((await cordon.run('status')).status, 3)
  const child = cordon.start('up', '--lab', '--lab-dir', lab.directory)
  const done = finish(child)
  const failed = async () => {
    const tor = await cordon.part('tor')
    return tor?.state === 'failed' ? tor : undefined
  }
  t.match(await until('the refusal', failed), { detail: /torrc line 2: .*Frobnicate/ })
  await writeFile(additions, HOSTILE_ADDITIONS)
  await cordon.ready()
  const listeners = readFileSync(`/proc/${await cordon.pid('tor')}/net/tcp`, 'utf8')
  for (const port of [9050, 9051, 9150, 9151, 9152, 9153, 9040, 9080, 9035]) {
    t.notMatch(listeners, `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`, `nothing on ${port}`)
  }
  t.notOk(existsSync(join(cordon.directory, 'leak.log')), 'no log of theirs')

  const tor = await cordon.pid('tor')
  const trouble = async () => (await cordon.status()).configurationTrouble
  await writeFile(additions, 'MaxCircuitDirtiness 300\nFrobnicate 1\n')
  t.match(await until('the trouble', async () => (await trouble()) ?? undefined), /torrc line 2: .*Frobnicate/)
  await writeFile(additions, 'MaxCircuitDirtiness 333\n')
  const control = await openControlConnection({
    socketPath: layOutRuntime(cordon.runtimeDirectory).torControlSocket,
    onEvent: () => {},
    onClose: () => {},
  })
  const dirtiness = async () => (await control.send(getConf(['MaxCircuitDirtiness']))).lines[0]?.text
  await until('tor to follow', async () => ((await dirtiness())?.endsWith('=333') ? true : undefined))
  control.close()
  t.equal(await trouble(), null)
  t.equal(await cordon.pid('tor'), tor, 'it ran on all the while')
  child.kill('SIGINT')
  const { status, out, err } = await done
  t.equal(status, 0)
  t.match(out, /cordon is ready on the LAB/)
  t.match(err, /tor is ready/)
  t.same(cordon.processes(), [])
})

const HOSTILE_ADDITIONS = `
SocksPort 127.0.0.1:9050
+SocksPort 127.0.0.1:9150
__SocksPort 127.0.0.1:9151
__ControlPort 127.0.0.1:9152
__DNSPort 127.0.0.1:9153
ControlPort 127.0.0.1:9051
TransPort 127.0.0.1:9040
HTTPTunnelPort 127.0.0.1:9080
MetricsPort 127.0.0.1:9035
MetricsPortPolicy accept 127.0.0.1
SafeLogging 0
ClientRejectInternalAddresses 0
HashedControlPassword 16:872860B76453A77D60CA2BB8C1A7042072093276A3D701AD684053EC4C
RunAsDaemon 1
`

t.test('under a Node that is too old the command runs under the packaged one', async t => {
  const cordon = await open(t)
  // Any Node from 18 on will do for this; where the machine has none, the one that runs the test is as good.
  const node = existsSync('/usr/bin/node') ? '/usr/bin/node' : process.execPath
  t.match(await cordon.runUnder([node], 'status'), { status: 3, out: /cordon is stopped/ })
})

t.test('no network at all', async t => {
  const cordon = await open(t)
  const up = cordon.startUnder(['unshare', '--user', '--map-root-user', '--net', '--', process.execPath], 'up')
  const done = finish(up)
  const { tor } = await until('the cause', async () => {
    const status = await cordon.status()
    return status.tor.cause === null ? undefined : status
  })
  t.match(tor, { cause: /no network besides loopback/, next: /Connect it/ })
  t.equal((await cordon.run('status')).status, 4)
  await cordon.run('down')
  t.match(await done, { status: 0, err: /cordon up --lab/ })
})

t.test('no tor, an old tor, a tor that is none', async t => {
  const cordon = await open(t)
  const old = join(cordon.directory, 'old-tor')
  await writeFile(old, '#!/bin/sh\necho "Tor version 0.4.5.16."\n')
  await chmod(old, 0o755)
  for (const [program, detail] of [
    ['/nonexistent/tor', /tor is not installed/],
    [old, /tor is version 0\.4\.5\.16; Cordon needs 0\.4\.8/],
    ['/bin/true', /does not answer as tor/],
  ] as const) {
    await writeFile(cordon.configurationFile, `${NO_SERVICES}tor:\n  program: ${program}\n`)
    const child = cordon.start('up')
    const done = finish(child)
    const failed = async () => {
      const tor = await cordon.part('tor')
      return tor?.state === 'failed' ? tor : undefined
    }
    t.match(await until('the refusal', failed), { detail }, program)
    t.equal((await cordon.run('status')).status, 4)
    child.kill('SIGTERM')
    t.match((await done).err, detail)
  }
})

t.test('a runtime directory that is too long for sockets', async t => {
  const cordon = await open(t)
  const long = join(cordon.directory, 'x'.repeat(100))
  t.match(await cordon.run('--runtime-dir', long, 'up'), { status: 1, err: /--runtime-dir/ })
})
