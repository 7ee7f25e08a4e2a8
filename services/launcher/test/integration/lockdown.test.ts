import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { Workstation } from './workstation.ts'

t.setTimeout(400_000)

/** Stand-ins: nothing of theirs runs but what a test starts under their number. */
const TOR = '64001'
const APP = '64002'
const MAIN = join(import.meta.dirname, '../../src/main.ts')
const isRoot = process.getuid?.() === 0

const root = mkdtempSync(join(tmpdir(), 'cordon-lockdown-'))
const workstation = await Workstation.open([], { userNamespace: !isRoot })
t.teardown(async () => {
  await workstation.close()
  rmSync(root, { recursive: true, force: true })
})

const lockdown = (...args: string[]) =>
  workstation.run('root', [process.execPath, MAIN, 'lockdown', ...args], { ...process.env, CORDON_ROOT: root })
const asUser = (uid: string, command: readonly string[]): readonly string[] => {
  // With one user to its name a namespace knows no other, and who enters it is that one.
  const change = ['setpriv', '--reuid', uid, '--regid', uid, '--clear-groups', '--']
  return isRoot ? [...change, ...command] : command
}
/** Tries each way out once and says in JSON what became of it; what is not refused within a second is silence. */
const TRY = `import json, socket
def attempt(kind, proto, to):
    s = socket.socket(*kind, proto); s.settimeout(1)
    try:
        s.connect(to) if kind[1] == socket.SOCK_STREAM else s.sendto(b'clear', to); return 'sent'
    except socket.timeout: return 'silence'
    except OSError as e: return e.strerror
I, J, S, D = socket.AF_INET, socket.AF_INET6, socket.SOCK_STREAM, socket.SOCK_DGRAM
print(json.dumps({'tcp': attempt((I, S), 0, ('203.0.113.9', 80)), 'tcp6': attempt((J, S), 0, ('2001:db8::9', 80)),
  'udp': attempt((I, D), 0, ('203.0.113.9', 9)), 'dns': attempt((I, D), 0, ('203.0.113.9', 53)), 'lan': attempt((I, D), 0, ('192.168.7.7', 53))}))`
const tryAll = async (uid: string) => {
  const { out, err } = await workstation.run('root', asUser(uid, ['/usr/bin/python3', '-c', TRY]))
  if (out === '') throw new Error(err)
  await workstation.flush()
  return JSON.parse(out) as Record<string, string>
}
const clearFrames = (): number =>
  workstation.frames.filter(frame => /cb007109|20010db8000000000000000000000009|c0a80707/.test(frame)).length
/** Only root's own numbers exist in a user namespace. */
const app = isRoot ? APP : '0'

t.test('ENF-02: without lockdown all of it is on the wire: the detector fires', async t => {
  t.match(await lockdown('status', '--json'), { status: 0, out: /"state":"off"/ })
  t.match(await tryAll(app), { tcp: 'silence', udp: 'sent', dns: 'sent' })
  t.ok(clearFrames() >= 4, `${clearFrames()} frames`)
  await workstation.forget()
})

t.test('ENF-03: with lockdown everything is refused at once and counted for the user', async t => {
  const { status, out, err } = await lockdown('on', `--tor-user=${TOR}`, '--json')
  t.equal(status, 0, err)
  t.match(out, /"state":"on"/)
  for (const [way, result] of Object.entries(await tryAll(app))) {
    t.match(result, /refused|not permitted|prohibited|unreachable/, `${way} at once`)
  }
  t.equal(clearFrames(), 0)
  const { refused } = JSON.parse((await lockdown('status', '--json')).out)
  t.ok(refused.find(({ uid }: { uid: number }) => uid === Number(app)).packets >= 5, 'counted')
})

t.test('tor’s user reaches the outside, by TCP alone', { skip: !isRoot && 'needs a second user' }, async t => {
  t.match(await tryAll(TOR), {
    tcp: 'silence',
    tcp6: 'silence',
    udp: /not permitted/,
    dns: /not permitted/,
  })
  t.ok(clearFrames() > 0)
  await workstation.forget()
})

t.test(
  'with relays alone tor reaches a bridge and nobody else',
  { skip: !isRoot && 'needs a second user' },
  async t => {
    t.match(await lockdown('on', `--tor-user=${TOR}`, '--relays-only', '--consensus=/nonexistent'), {
      status: 1,
      err: /no relay is known/,
    })
    t.equal(
      (
        await lockdown(
          'on',
          `--tor-user=${TOR}`,
          '--relays-only',
          '--consensus=/nonexistent',
          '--bridge=203.0.113.9:80',
        )
      ).status,
      0,
    )
    t.match(await tryAll(TOR), { tcp: 'silence', tcp6: /refused/ })
    await workstation.forget()
  },
)

t.test(
  'relays are renewed from the newest consensus with two rights alone; bridges stay, and the next start has both',
  async t => {
    const consensus = join(root, 'consensus')
    writeFileSync(consensus, 'r a b 2026-11-23 00:00:00 203.0.113.5 443 0\n')
    const on = ['on', `--tor-user=${TOR}`, '--relays-only', `--consensus=${consensus}`, '--bridge=203.0.113.9:80']
    t.equal((await lockdown(...on)).status, 0)
    writeFileSync(consensus, 'r a b 2026-11-23 01:00:00 203.0.113.6 443 0\n')
    // What the unit has: root without any other capability.
    const rights = ['setpriv', '--bounding-set=-all,+net_admin,+dac_read_search', '--']
    const words = [...rights, process.execPath, MAIN, 'lockdown', 'relays']
    const renewed = await workstation.run('root', words, { ...process.env, CORDON_ROOT: root })
    t.match(renewed, { status: 0, out: /2 addresses/ }, renewed.err)
    const { out } = await workstation.run('root', [
      '/usr/sbin/nft',
      'list',
      'set',
      'inet',
      'cordon_lockdown',
      'relays4',
    ])
    t.match(out, '203.0.113.6 . 443')
    t.match(out, '203.0.113.9 . 80')
    t.notMatch(out, '203.0.113.5')
    t.match(readFileSync(join(root, 'etc/cordon/lockdown.nft'), 'utf8'), '203.0.113.6 . 443')
    t.match(await lockdown('status'), { status: 0 }, 'which is no drift')
    t.equal((await lockdown('on', `--tor-user=${TOR}`)).status, 0)
    t.match(await lockdown('relays', '--json'), { status: 0, out: '{"relays":null}' }, 'nothing to renew')
  },
)

t.test(
  'ENF-15: a new interface, forwarding and a foreign table change nothing, and the foreign table stays',
  async t => {
    const setup = `set -e
ip link add vpn0 type veth peer name vpn1; ip link set vpn0 up; ip link set vpn1 up
ip addr add 203.0.113.1/24 dev vpn0; ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:08 dev vpn0
echo 1 > /proc/sys/net/ipv4/ip_forward
nft add table inet other
nft add chain inet other out '{ type filter hook output priority -10; policy accept; }'`
    t.equal(
      (await workstation.run('root', ['sh', '-c', setup], { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }))
        .err,
      '',
    )
    t.equal((await lockdown('on', `--tor-user=${TOR}`)).status, 0)
    await tryAll(app)
    t.equal(clearFrames(), 0)
    t.match((await workstation.run('root', ['/usr/sbin/nft', 'list', 'tables'])).out, 'table inet other')
  },
)

t.test(
  'a datagram of a program that was there before is refused like any other',
  { skip: !isRoot && 'needs a second user' },
  async t => {
    await lockdown('off')
    const script = `import socket, sys
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); print('open', flush=True); sys.stdin.readline()
u.connect(('203.0.113.9', 9))
try: u.send(b'x'); print('sent')
except OSError as e: print(e.strerror)`
    const child = workstation.start('root', asUser(APP, ['/usr/bin/python3', '-c', script]))
    const said: string[] = []
    child.stdout?.setEncoding('utf8').on('data', text => said.push(text))
    await until('the connection', () => said.length > 0)
    await lockdown('on', `--tor-user=${TOR}`)
    child.stdin?.end('go\n')
    await new Promise(resolve => child.once('close', resolve))
    t.match(said.join(''), 'not permitted')
  },
)

t.test('a rule that somebody adds is seen at once, and turning it on again takes it away', async t => {
  const open = ['/usr/sbin/nft', 'insert', 'rule', 'inet', 'cordon_lockdown', 'output', 'accept']
  t.equal((await workstation.run('root', open)).status, 0)
  t.match(await lockdown('status'), { status: 5, out: /DAMAGED.*\n.*not those that were loaded/ })
  t.match(await lockdown('on', `--tor-user=${TOR}`), { status: 0 })
})

t.test(
  'a missing user or an ordinary one changes nothing; the rules are kept for the next start until it is off',
  async t => {
    // Counters go on counting.
    const listRules = async () =>
      (await workstation.run('root', ['/usr/sbin/nft', 'list', 'ruleset'])).out.replaceAll(/packets \d+ bytes \d+/g, '')
    const before = await listRules()
    t.match(await lockdown('on', '--tor-user=nobody-of-that-name'), { status: 1, err: /there is no user/ })
    const ordinary = await workstation.run('user', [process.execPath, MAIN, 'lockdown', 'on', `--tor-user=${TOR}`])
    t.match(ordinary, { status: 1, err: /only root may/ })
    t.equal(await listRules(), before)
    const kept = readFileSync(join(root, 'etc/cordon/lockdown.nft'), 'utf8')
    t.match(kept, `meta skuid ${TOR}`)
    t.match(readFileSync(join(root, 'etc/systemd/system/cordon-lockdown.service'), 'utf8'), 'lockdown.nft')
    t.match(await lockdown('off'), { status: 0, out: /is off/ })
    t.same(readdirSync(join(root, 'etc/cordon')), [])
  },
)
