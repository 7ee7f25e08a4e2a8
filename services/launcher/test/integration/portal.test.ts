import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { formatPortalOpening } from '../../src/lockdown/index.ts'
import { finish, Workstation } from './workstation.ts'

t.setTimeout(400_000)

const TOR = '64001'
const PERSON = '64002'
const MAIN = join(import.meta.dirname, '../../src/main.ts')
const CAFE = fileURLToPath(new URL('../fixtures/cafe.ts', import.meta.url))
/** The machine's address in the café, as it stands in a frame. */
const OWN = 'c6336402'

if (process.getuid?.() !== 0) await t.test('a captive portal', { skip: 'needs several users' }, () => {})
else {
  const root = mkdtempSync(join(tmpdir(), 'cordon-portal-'))
  chmodSync(root, 0o711)
  const place = join(root, 'run/cordon-portal')
  const workstation = await Workstation.open([], { userNamespace: false })
  const cafe = workstation.start('root', ['unshare', '--net', '--', process.execPath, CAFE])
  const asked: string[] = []
  if (cafe.stdout !== null) createInterface({ input: cafe.stdout }).on('line', line => asked.push(line))
  t.teardown(async () => {
    cafe.stdin?.end()
    await workstation.close()
    rmSync(root, { recursive: true, force: true })
  })
  await until('the café', () => asked.includes('ready'))

  const inCafe = `nsenter --net=/proc/${cafe.pid}/ns/net --`
  const setup = `set -e
ip link add cafe0 type veth peer name cafe1 netns ${cafe.pid}
ip addr add 198.51.100.2/24 dev cafe0; ip addr add 2001:db8:a::2/64 dev cafe0 nodad; ip link set cafe0 up
for at in "addr add 198.51.100.1/24 dev cafe1" "addr add 2001:db8:a::1/64 dev cafe1 nodad" "link set cafe1 up" "link set lo up" \
  "addr add 203.0.113.80/32 dev lo" "addr add 192.168.44.1/32 dev lo" "addr add 2001:db8:80::80/128 dev lo nodad"; do ${inCafe} ip $at; done
ip route replace default via 198.51.100.1 dev cafe0; ip -6 route replace default via 2001:db8:a::1 dev cafe0
mount -t tmpfs -o mode=755 none /home; mkdir /home/guest; chown ${PERSON} /home/guest; echo secret > /home/guest/diary
cp /etc/passwd /home/passwd; echo guest:x:${PERSON}:${PERSON}::/home/guest:/bin/sh >> /home/passwd; mount --bind /home/passwd /etc/passwd`
  const { err } = await workstation.run('root', ['sh', '-c', setup])
  if (err !== '') throw new Error(err)

  const env = { ...process.env, CORDON_ROOT: root }
  const words = (...args: string[]) => [process.execPath, MAIN, 'lockdown', ...args]
  const lockdown = (...args: string[]) => workstation.run('root', words(...args), env)
  const portal = (...command: string[]) =>
    words('--yes', '--user=guest', '--resolver=198.51.100.1', '--', 'portal', ...command)
  const asPerson = (...command: string[]) =>
    workstation.run('root', ['setpriv', '--reuid', PERSON, '--regid', PERSON, '--clear-groups', '--', ...command])
  // Longer than all that is looked at while a page is held.
  const curl = ['curl', '--silent', '--show-error', '--max-time', '200', '--location']
  const code = ['curl', '--silent', '--max-time', '200', '--output', '/dev/null', '--write-out', '%{http_code}']
  const readSet = async () =>
    (await workstation.run('root', ['/usr/sbin/nft', 'list', 'set', 'inet', 'cordon_lockdown', 'portal'])).out
  const listOurs = async () => (await workstation.run('root', ['pgrep', '-f', place])).out
  /** What left the machine, without ARP and what holds an IPv6 link. */
  const sent = () => workstation.frames.filter(frame => frame.slice(24, 28) === '0800' && frame.slice(52, 60) === OWN)

  t.test(
    'without lockdown there is nothing to open, and an open connection of anybody is closed when it comes',
    async t => {
      t.match(await lockdown('--yes', '--user=guest', '--', 'portal', 'true'), { status: 1, err: /not locked/ })
      t.equal((await asPerson(...code, 'http://203.0.113.80/')).out, '302', 'the café leads everybody to its portal')
      const script = `import socket; s = socket.create_connection(('203.0.113.80', 4000)); print(1, flush=True)
try: print(s.recv(1))
except OSError as e: print(e.strerror)`
      const child = workstation.start('root', [
        'setpriv',
        '--reuid',
        PERSON,
        '--clear-groups',
        '--',
        '/usr/bin/python3',
        '-c',
        script,
      ])
      const ended = finish(child)
      await until('the connection', () => asked.includes('idle open'))
      await workstation.forget()
      t.match(await lockdown('on', `--tor-user=${TOR}`), { status: 0, err: /closed/ })
      t.match((await ended).out, 'connection abort', 'its program hears it without sending anything')
      await workstation.flush()
      t.same(sent(), [], 'and not even the reset leaves')
    },
  )

  t.test('a login: names of the network’s own server, pages of both families, and nobody else gets out', async t => {
    const script = `${curl.join(' ')} -4 http://site.example/ && echo && ${curl.join(' ')} -4 http://site.example/ && echo &&
${curl.join(' ')} -6 http://site.example/ && echo; ls -A $HOME; cat /home/guest/diary; id -u
${curl.join(' ')} http://127.0.0.1/ || echo own $?; ${curl.join(' ')} http://198.51.100.2/ || echo own $?
${curl.join(' ')} http://site.example/hold`
    const child = workstation.start('root', portal('sh', '-c', script), env)
    const ended = finish(child)
    await until('the browser', () => asked.some(line => line.endsWith('/hold')))
    await workstation.forget()
    const direct = await asPerson(
      '/usr/bin/python3',
      '-c',
      `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for to in ('203.0.113.80', 53), ('203.0.113.80', 9):
    try: s.sendto(b'x', to); print('sent')
    except OSError as e: print(e.strerror)`,
    )
    t.match(direct.out, /^Operation not permitted\nOperation not permitted\n$/, 'the same person beside the browser')
    // curl says 7 of a connection that was refused, and 28 of one that nobody answered.
    t.equal((await asPerson(...curl, 'http://203.0.113.80/')).status, 7, 'refused, and not waited for')
    await workstation.flush()
    t.same(sent(), [], 'nothing of that is on the wire')
    t.match(await lockdown('status', '--json'), { status: 0, out: /"state":"on"/ }, 'the machine is locked meanwhile')
    t.match(await lockdown('--yes', '--user=guest', '--', 'portal', 'true'), { status: 1, err: /another/ })
    cafe.stdin?.write('go\n')
    const { status, out, err } = await ended
    t.equal(status, 0, err)
    t.same(out.split('\n').slice(0, 3), ['welcome', 'the internet', 'welcome'], 'by IPv4 and by IPv6')
    t.match(out, new RegExp(`^${PERSON}$`, 'm'), 'as the person')
    t.notMatch(out, 'secret', 'with an empty home')
    t.equal(out.match(/^own [1-9]/gm)?.length, 2, 'what listens on this machine is out of reach')
    t.match(err, /left; Ctrl-C/)
    t.match(err, /only tor reaches the outside again/)
    t.ok(asked.includes('dns site.example A') && asked.includes('dns portal.example AAAA'))
    t.notMatch(await readSet(), 'elements')
    t.notOk(existsSync(place))
    t.equal(await listOurs(), '')
    t.same((await workstation.run('root', ['ls', '-A', '/home/guest'])).out, 'diary\n', 'nothing is kept')
  })

  t.test('Ctrl-C and SIGKILL end all of it; what is left is tidied away by the next command', async t => {
    const hold = async () => {
      asked.length = 0
      const child = workstation.start('root', portal(...curl, 'http://site.example/hold'), env)
      await until('the browser', () => asked.some(line => line.endsWith('/hold')))
      return child
    }
    const stopped = await hold()
    const ended = finish(stopped)
    stopped.kill('SIGINT')
    t.match(await ended, { status: 0, err: /stopped/ })
    t.notOk(existsSync(place))
    t.equal(await listOurs(), '')
    const killed = await hold()
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    await until('the end of relay and browser', async () => (await listOurs()) === '')
    t.match(await readSet(), /elements.*expires/s, 'the kernel takes it out later')
    t.match(await lockdown('status'), { status: 0, err: /tidied away/, out: /is on/ })
    t.notMatch(await readSet(), 'elements')
    t.notOk(existsSync(place))
  })

  t.test('when nobody takes the user out, the kernel does', async t => {
    const open = ['sh', '-c', `printf '${formatPortalOpening(Number(PERSON), 3).trim()}' | /usr/sbin/nft -f -`]
    const fetch = async () => (await asPerson(...code, 'http://203.0.113.80/')).status
    // On a busy machine the time may be over before it is used.
    const isLetOut = async () => {
      t.match(await workstation.run('root', open), { status: 0 })
      return (await fetch()) === 0
    }
    await until('to be let out', isLetOut)
    await until('the end of the time', async () => (await fetch()) !== 0)
  })
}
