/**
 * Daemons that look names up for whoever asks them, run beside a confined program and asked by it: systemd-resolved with a
 * system bus, nscd, a session bus. None of them may carry a question of its out. Cordon's gateway and resolver are stand-ins
 * here: what is shown is where questions go, and not what becomes of them.
 */
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { StandInGateway, WEB } from './stand-in-gateway.ts'
import { Workstation } from './workstation.ts'

t.setTimeout(400_000)

/** Unpacked by `npm test`, and not installed: their packages start services. */
const UNPACKED = join(import.meta.dirname, '../../../../node_modules/.cordon-unpacked')
const RESOLVED = ['/lib/systemd/systemd-resolved', join(UNPACKED, 'lib/systemd/systemd-resolved')].find(existsSync)
const RESOLVECTL = ['/usr/bin/resolvectl', join(UNPACKED, 'usr/bin/resolvectl')].find(existsSync)
const NSCD = ['/usr/sbin/nscd', join(UNPACKED, 'usr/sbin/nscd')].find(existsSync)
const isAll =
  RESOLVED !== undefined && RESOLVECTL !== undefined && NSCD !== undefined && existsSync('/usr/bin/dbus-daemon')
const skip = process.getuid?.() !== 0 ? 'needs root' : !isAll && 'systemd-resolved, nscd or D-Bus cannot be had here'

/** The name server that a network brought along: beyond the machine, and silent. */
const NETWORK_SERVER = '192.0.2.1'
const DESKTOP_PORT = 5399

t.test('DNS-09: resolvers of the machine', { skip }, async t => {
  const standIn = await StandInGateway.open(DESKTOP_PORT)
  const workstation = await Workstation.open(standIn.options, { userNamespace: false })
  const children: ChildProcess[] = []
  t.teardown(async () => {
    for (const child of children) child.kill('SIGKILL')
    standIn.close()
    await workstation.close()
  })

  // The machine, with a file system of its own where the daemons write.
  const setup = `set -e
mount -t tmpfs -o mode=755 none /run; mkdir -p /run/dbus /run/systemd/resolve /run/nscd /run/user/1000
mount -t tmpfs none /mnt; mkdir /mnt/u /mnt/w; mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w none /etc
mount -t tmpfs none /var/cache; mkdir /var/cache/nscd
id systemd-resolve > /dev/null 2>&1 || { echo systemd-resolve:x:64777:64777::/:/bin/false >> /etc/passwd; echo systemd-resolve:x:64777: >> /etc/group; }
chown systemd-resolve:systemd-resolve /run/systemd/resolve; mkdir -p /etc/dbus-1/system.d /etc/systemd/resolved.conf.d
rm -f /etc/resolv.conf; echo nameserver 127.0.0.53 > /etc/resolv.conf
printf 'hosts: files dns\\npasswd: files\\ngroup: files\\n' > /etc/nsswitch.conf
printf 'enable-cache hosts yes\\n' > /etc/nscd.conf
[ -e /usr/share/dbus-1/system.d/org.freedesktop.resolve1.conf ] || cp ${UNPACKED}/usr/share/dbus-1/system.d/*.conf /etc/dbus-1/system.d/`
  const laid = await workstation.run('root', ['sh', '-c', setup])
  t.equal(laid.status, 0, laid.err)
  let said = ''
  const start = (...command: readonly string[]): ChildProcess => {
    const child = workstation.start('root', command)
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => {
        said = `${said}${chunk}`.slice(-4000)
      })
    children.push(child)
    return child
  }
  const say = async (...command: readonly string[]) => (await workstation.run('root', command)).out
  const isThere = (path: string) => async () => (await workstation.run('root', ['test', '-S', path])).status === 0
  const startResolved = async (): Promise<ChildProcess> => {
    const resolved = start(RESOLVED ?? '')
    await until(
      'systemd-resolved',
      async () => (await workstation.run('root', [RESOLVECTL ?? '', 'dns', 'up0', NETWORK_SERVER])).status === 0,
    ).catch(cause => {
      throw new Error(said, { cause })
    })
    return resolved
  }
  start('dbus-daemon', '--system', '--nofork', '--nopidfile')
  await until('the system bus', isThere('/run/dbus/system_bus_socket'))
  const resolved = await startResolved()
  start(NSCD ?? '', '-F')
  start('dbus-daemon', '--session', '--nofork', '--nopidfile', '--address=unix:path=/run/user/1000/bus')
  for (const path of ['/run/nscd/socket', '/run/user/1000/bus', '/run/systemd/resolve/io.systemd.Resolve'])
    await until(path, isThere(path))

  const isOnTheWire = (label: string): boolean =>
    workstation.frames.some(frame => frame.includes(Buffer.from(label).toString('hex')))
  const isAsked = (label: string): boolean =>
    standIn.asked.some(question => question.includes(Buffer.from(label).toString('hex')))
  /** Every way to ask: glibc (which asks nscd first), the bus, resolved's stub, and a server of one's own. */
  const askAll = (label: string, seconds: number): string => `
timeout ${seconds} getent hosts ${label}1.example & timeout ${seconds} getent ahosts ${label}2.example &
timeout ${seconds} dbus-send --system --print-reply --dest=org.freedesktop.resolve1 /org/freedesktop/resolve1 org.freedesktop.resolve1.Manager.ResolveHostname int32:0 string:${label}3.example int32:2 uint64:0 &
dbus-send --bus=unix:path=/run/user/1000/bus --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames
/usr/bin/python3 -c "
import socket
for at, to in enumerate(['127.0.0.53', '${NETWORK_SERVER}']):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(${seconds}); name = b'${label}%d' % (4 + at)
    try: s.sendto(b'\\\\0\\\\1\\\\1\\\\0\\\\0\\\\1\\\\0\\\\0\\\\0\\\\0\\\\0\\\\0' + bytes([len(name)]) + name + b'\\\\7example\\\\0\\\\0\\\\1\\\\0\\\\1', (to, 53)); print(to, len(s.recv(512)))
    except OSError as e: print(to, e)
for path in ['/run/systemd/resolve/io.systemd.Resolve', '/run/nscd/socket', '/run/dbus/system_bus_socket', '/run/user/1000/bus']:
    s = socket.socket(socket.AF_UNIX)
    try: s.connect(path); print('OPEN', path)
    except OSError: print('shut', path)
"; wait; true`

  await t.test('unconfined, questions leave by each of them: the detector fires', async t => {
    const { out } = await workstation.run('root', ['sh', '-c', askAll('outside', 5)])
    t.equal(out.match(/OPEN/g)?.length, 4, out)
    // A daemon that is held up asks later than whoever asked it waits.
    for (const name of ['outside1', 'outside3', 'outside4', 'outside5']) await until(name, () => isOnTheWire(name))
    await workstation.forget()
  })

  await t.test('confined, every question goes to the app’s own resolver, and none of them is in reach', async t => {
    const words = workstation.cordon('run', WEB, '--', 'sh', '-c', askAll('inside', 60))
    const { status, out, err } = await workstation.run('root', words)
    t.equal(status, 0, err)
    t.equal(out.match(/shut/g)?.length, 4, out)
    for (const name of ['inside1', 'inside2', 'inside4', 'inside5']) t.ok(isAsked(name), name)
    t.match(out, /10\.192\.0\.7\s+inside1/, 'a virtual address')
    await workstation.flush()
    t.notOk(isOnTheWire('inside'))
  })

  await t.test(
    '`cordon dns --setup resolved` leads a real systemd-resolved to the app, past a network’s server',
    async t => {
      const drop = JSON.parse(await say(...workstation.cordon('--json', 'dns', WEB, '--setup', 'resolved')))
      t.equal(drop.path, '/etc/systemd/resolved.conf.d/cordon.conf')
      const write = ['sh', '-c', 'printf %s "$1" > "$2"', 'sh', drop.content, drop.path]
      t.equal((await workstation.run('root', write)).status, 0)
      const serve = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', ${DESKTOP_PORT}))
while 1:
    q, a = s.recvfrom(4096); e = q.index(0, 12) + 5; is_a = q[e-4:e-2] == b'\\0\\1'
    s.sendto(q[:2] + b'\\x81\\x80\\0\\1' + (b'\\0\\1' if is_a else b'\\0\\0') + b'\\0\\0\\0\\0' + q[12:e] + (b'\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\1\\0\\4\\x0a\\xc0\\0\\7' if is_a else b''), a)`
      start('/usr/bin/python3', '-c', serve)
      const ended = new Promise(resolve => resolved.once('exit', resolve))
      resolved.kill('SIGTERM')
      await ended
      await workstation.forget()
      await startResolved()
      const query = [RESOLVECTL ?? '', 'query', '--legend=no', '-4', 'desktop1.example']
      t.match(await until('an answer', async () => (await say(...query)) || undefined), '10.192.0.7')
      t.match(await say('timeout', '60', 'getent', 'hosts', 'desktop2.example'), '10.192.0.7', 'by glibc and the stub')
      await workstation.run('root', [RESOLVECTL ?? '', 'query', 'desktop3'])
      await workstation.flush()
      t.notOk(isOnTheWire('desktop'), 'the server of the network is not asked, nor are LLMNR and mDNS')
    },
  )
})
