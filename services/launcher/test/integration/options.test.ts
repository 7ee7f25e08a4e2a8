import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { CordonUnderTest } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { finish, Workstation } from './workstation.ts'

t.setTimeout(600_000)
const TRY = readFileSync(new URL('../fixtures/try-options.py', import.meta.url), 'utf8')
const STAND_INS = readFileSync(new URL('../fixtures/stand-ins.py', import.meta.url), 'utf8')

const cordon = await CordonUnderTest.start('services: [dns]\n')
const workstation = await Workstation.open(cordon.options)
// A home that a confined program sees: it sees nothing of /tmp.
const home = await mkdtemp(join(userInfo().homedir, '.cordon-test-home-'))
const runtime = join(cordon.directory, 'xdg')
const letter = join(home, 'letters', 'one')
const shared = join(cordon.directory, 'shared')
mkdirSync(join(home, 'letters'))
mkdirSync(shared)
writeFileSync(letter, 'dear all')
const bus = join(cordon.directory, 'bus')
const env = {
  ...process.env,
  HOME: home,
  XDG_RUNTIME_DIR: runtime,
  DISPLAY: ':77',
  DBUS_SESSION_BUS_ADDRESS: `unix:path=${bus}`,
  SHARED: shared,
}

/** The sockets of a desktop, its local network and a service of its own, in the workstation's namespaces. */
const lay = `mkdir -p /tmp/.X11-unix && mount -t tmpfs none /tmp/.X11-unix && ip addr add 192.168.77.1/32 dev lo`
t.equal((await workstation.run('root', ['sh', '-c', lay])).err, '')
const standIns = workstation.start('root', [
  ...['/usr/bin/python3', '-c', STAND_INS],
  ...['lan=192.168.77.1:8000', 'dns=192.168.77.1:53', 'host=127.0.0.1:8001', 'x11=/tmp/.X11-unix/X77'],
  ...[`pipewire=${runtime}/pipewire-0`, `pulse=${runtime}/pulse/native`, `systemd=${runtime}/systemd/private`],
])
if (standIns.stdout !== null) await once(standIns.stdout, 'data')

/** A session bus that starts a program when its name is called. */
const started = join(cordon.directory, 'started')
writeFileSync(
  join(cordon.directory, 'org.example.Starts.service'),
  `[D-BUS Service]\nName=org.example.Starts\nExec=/usr/bin/touch ${started}\n`,
)
writeFileSync(
  join(cordon.directory, 'bus.conf'),
  `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${bus}</listen><servicedir>${cordon.directory}</servicedir>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy></busconfig>`,
)
const daemon = workstation.start('root', [
  ...['dbus-daemon', `--config-file=${join(cordon.directory, 'bus.conf')}`, '--nofork', '--print-address'],
])
if (daemon.stdout !== null) await once(daemon.stdout, 'data')

t.teardown(async () => {
  for (const child of [standIns, daemon]) {
    child.kill('SIGKILL')
    await finish(child)
  }
  await workstation.close()
  await cordon.close()
  rmSync(home, { recursive: true, force: true })
})

async function tryWith(...options: string[]): Promise<Record<string, unknown>> {
  const words = workstation.cordon('run', ...options, 'work', '--', '/usr/bin/python3', '-c', TRY)
  const { out, err } = await workstation.run('user', words, env)
  t.equal(err, '', options.join(' '))
  return JSON.parse(out)
}

const PLAIN = {
  file: 'dear all',
  directory: ['one'],
  written: 'written',
  lan: 'EHOSTUNREACH',
  names: 'EHOSTUNREACH',
  host: 'ECONNREFUSED',
  x11: 'x11',
  display: ':77',
  pipewire: 'pipewire',
  pulse: 'pulse',
  systemd: 'ENOENT',
  bus: 'ENOENT',
  shared: 'ENOENT',
}

t.test('without options a program has its home, its windows and its sound, and nobody else', async t => {
  t.same(await tryWith(), PLAIN)
  t.equal(readFileSync(join(home, '.profile'), 'utf8'), 'x', 'what it writes is there for who runs it outside')
  rmSync(join(home, '.profile'))
})

for (const [options, changes] of [
  [['--private-home'], { file: 'ENOENT', directory: 'ENOENT' }],
  [['--hide', letter], { file: 'EACCES' }],
  [['--hide', join(home, 'letters')], { file: 'ENOENT', directory: [] }],
  // Its resolver is never asked.
  [['--allow-lan'], { lan: 'lan', names: 'the app’s resolver' }],
  [['--expose', '8001'], { host: 'host' }],
  [['--no-x11'], { x11: 'ENOENT', display: null }],
  [['--no-audio'], { pipewire: 'ENOENT', pulse: 'ENOENT' }],
  [['--dbus=filter'], { bus: 'there' }],
  [['--share', shared], { shared: 'there' }],
] as const) {
  t.test(`${options[0]} changes that, and nothing else`, async t => {
    t.same(await tryWith(...options), { ...PLAIN, ...changes })
    const isPrivate = options[0] === '--private-home'
    t.equal(existsSync(join(home, '.profile')), !isPrivate)
    if (isPrivate) t.equal(readFileSync(join(cordon.directory, 's/homes/work/.profile'), 'utf8'), 'x', 'its own home')
    rmSync(join(home, '.profile'), { force: true })
  })
}

t.test('what a program says to the session bus starts nothing outside, unless nobody filters', async t => {
  const call = [
    'dbus-send',
    '--session',
    '--print-reply',
    '--reply-timeout=60000',
    '--dest=org.freedesktop.DBus',
    '/org/freedesktop/DBus',
  ]
  const start = [...call, 'org.freedesktop.DBus.StartServiceByName', 'string:org.example.Starts', 'uint32:0']
  const send = [
    'dbus-send',
    '--session',
    '--type=method_call',
    '--dest=org.example.Starts',
    '/',
    'org.example.Starts.X',
  ]
  const both = ['sh', '-c', `${start.join(' ')}; ${send.join(' ')}`]
  for (const options of [[], ['--dbus=filter']]) {
    await workstation.run('root', workstation.cordon('run', ...options, 'work', '--', ...both), env)
    t.notOk(existsSync(started), options.join())
  }
  const names = [...call, 'org.freedesktop.DBus.ListNames']
  const asked = await workstation.run('root', workstation.cordon('run', '--dbus=filter', 'work', '--', ...names), env)
  t.match(asked.out, 'org.freedesktop.DBus', `the filtered bus answers: ${asked.err}`)
  t.notMatch(asked.out, 'org.example.Starts')
  await workstation.run('root', start, env)
  await until('the program that the bus starts when it is asked unfiltered', () => existsSync(started))
})
