/** ENF-05: a router that offers an address and a way out by IPv6 to a locked machine, and to a confined program. */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { StandInGateway, WEB } from './stand-in-gateway.ts'
import { Workstation } from './workstation.ts'

t.setTimeout(400_000)

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const ADVERTISE = fileURLToPath(new URL('../fixtures/advertise.py', import.meta.url))
const PYTHON = '/usr/bin/python3'
const OFFERED = '2001:db8:7:'
/** A global address, link-local, multicast, and IPv4 inside IPv6. */
const TRY = `import socket
for to in ('2001:db8::9', 'fe80::9%ra0', 'ff02::fb%ra0', '::ffff:203.0.113.9'):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        try:
            s = socket.socket(socket.AF_INET6, kind); s.settimeout(0.3); s.connect(socket.getaddrinfo(to, 9, type=kind)[0][4]); s.send(b'x'); print('sent')
        except OSError as e: print(e)`

const isRoot = process.getuid?.() === 0
const root = mkdtempSync(join(tmpdir(), 'cordon-ra-'))
const standIn = await StandInGateway.open()
const workstation = await Workstation.open(standIn.options, { userNamespace: !isRoot })
t.teardown(async () => {
  standIn.close()
  await workstation.close()
  rmSync(root, { recursive: true, force: true })
})
const env = { ...process.env, CORDON_ROOT: root, PATH: `${process.env['PATH']}:/usr/sbin` }
const lockdown = (...args: string[]) => workstation.run('root', [process.execPath, MAIN, 'lockdown', ...args], env)
const show = async (what: string) => (await workstation.run('root', ['ip', '-6', what, 'show', 'dev', 'ra0'], env)).out
/** What the machine sent by IPv6 out of the device and is not neighbour discovery of its kernel (133, 135, 136). */
const sent = (): readonly string[] =>
  workstation.frames.filter(
    frame =>
      frame.slice(12, 28) === '02000000000886dd' && !(frame.slice(40, 42) === '3a' && /^8[578]/.test(frame.slice(108))),
  )

t.test('ENF-05: a locked machine takes the address, and nothing of it leaves by IPv6', async t => {
  const setup = `set -e
ip link add ra0 address 02:00:00:00:00:08 type veth peer name ra1; ip link set ra1 addrgenmode none; ip link set ra1 up
ip link set ra0 addrgenmode eui64; echo 0 > /proc/sys/net/ipv6/conf/ra0/accept_dad; ip link set ra0 up
ip -6 route del default dev up0; ip -6 neigh add fe80::9 lladdr 02:00:00:00:00:09 dev ra0 nud permanent`
  t.equal((await workstation.run('root', ['sh', '-c', setup], env)).err, '')
  t.equal((await lockdown('on', '--tor-user=64001')).status, 0)
  await until('an address from the router', async () => {
    await workstation.run('root', [PYTHON, ADVERTISE, 'ra1'])
    return (await show('address')).includes(OFFERED)
  })
  t.match(await show('route'), /default via fe80::9/, 'and a way out')
  await workstation.forget()
  const { out } = await workstation.run('root', [PYTHON, '-c', TRY])
  t.notMatch(out, 'sent')
  await workstation.flush()
  t.same(sent(), [])
  // The check sees what it is to see.
  t.equal((await lockdown('off')).status, 0)
  await workstation.forget()
  t.match((await workstation.run('root', [PYTHON, '-c', TRY])).out, 'sent')
  await workstation.flush()
  t.ok(sent().length >= 3, `unlocked, ${sent().length} frames leave`)
})

t.test(
  'ENF-05: a confined program gets no address and no route of a router',
  { skip: !isRoot && 'needs root' },
  async t => {
    const mark = `cordon-ra-${process.pid}`
    const words = workstation.cordon('run', WEB, '--', PYTHON, '-uc', 'print(1); input()', mark)
    const child = workstation.start('root', words)
    if (child.stdout !== null) await once(child.stdout, 'data')
    const pid = readdirSync('/proc').find(name => {
      try {
        return (
          readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith(`${PYTHON}\0-uc`) &&
          readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(mark)
        )
      } catch {
        return false // no process, or one that has ended
      }
    })
    const inside = async (...command: string[]) =>
      (await workstation.run('root', ['nsenter', `--net=/proc/${pid}/ns/net`, '--', ...command], env)).out
    const count = async (what: string): Promise<number> =>
      Number(new RegExp(`^${what}\\s+([0-9]+)$`, 'm').exec(await inside('cat', '/proc/thread-self/net/snmp6'))?.[1])
    const before = await count('Ip6InReceives')
    for (let time = 0; time < 3; time++) await inside(PYTHON, ADVERTISE, 'cordon1')
    await until('what was sent', async () => (await count('Ip6InReceives')) >= before + 3)
    t.equal(await count('Icmp6InRouterAdvertisements'), 0, 'it came, and is nobody’s')
    t.notMatch(await inside('ip', '-6', 'address'), OFFERED)
    t.notMatch(await inside('ip', '-6', 'route'), /fe80::9|proto ra/)
    child.stdin?.end('\n')
    await once(child, 'close')
  },
)
