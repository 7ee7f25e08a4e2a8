import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { CordonUnderTest, run } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { judgeProbes, PROBES } from '../../src/leak/index.ts'
import { CONFINED_PROGRAMS, formatScript, makeRepositories, readSaid } from '../fixtures/confined-programs.ts'
import { finish, type Ran, Workstation } from './workstation.ts'

t.setTimeout(400_000)
const OWN_DOOR = readFileSync(new URL('../fixtures/own-door.py', import.meta.url), 'utf8')
const LOOK_AROUND = readFileSync(new URL('../fixtures/look-around.py', import.meta.url), 'utf8')
/** The checkout, which may lie where a confined program sees nothing. */
const ROOT = join(import.meta.dirname, '../../../..')
/** check.example, by address: confinement needs no names. */
const CHECK = ['--header', 'Host: check.example', 'http://198.18.80.1/']
const NO_CAPABILITIES = '0000000000000000'

/** Prints its arguments as they came. */
const ECHO = 'import json, sys; print(json.dumps(sys.argv[1:]))'
/** Prints what each expression comes to that it is told. */
const OBEY = `import os, socket, sys
keep = []
def reach():
    try:
        s = socket.create_connection(('198.18.80.1', 80), 120)
        s.sendall(b'GET / HTTP/1.0\\r\\nHost: check.example\\r\\n\\r\\n')
        return s.recv(9) == b'HTTP/1.1 '
    except OSError: return False
for line in sys.stdin: print(eval(line), flush=True)`
/** Says that it is there, and ends with 7 when it is asked to. */
const TRAP = `import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print(1)
time.sleep(60)`

type Test = Pick<typeof t, 'equal' | 'match'>

/** The command lines of all processes of this machine. */
const readCommands = (): readonly string[] =>
  readdirSync('/proc').flatMap(name => {
    try {
      return /^[0-9]+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')] : []
    } catch {
      return [] // it has ended meanwhile
    }
  })

/** Ask for a port at the way in, say "you", and read to the end. */
async function exchange(path: string, port: number): Promise<string> {
  const socket = connect({ path })
  socket.end(Buffer.concat([Buffer.of(port >> 8, port & 255), Buffer.from('you')]))
  return await text(socket)
}

const cordon = await CordonUnderTest.start('services: [dns]\n')
const [work, other] = [await cordon.add('work'), await cordon.add('other')]
const workstation = await Workstation.open(cordon.options)
t.teardown(async () => {
  await workstation.close()
  await cordon.close()
})
/** What each has open comes and goes. */
const listApps = async (): Promise<readonly string[]> =>
  JSON.parse((await cordon.cordon('apps', '--json')).stdout).apps.map(({ id }: { id: string }) => id)
const refuses = (t: Test, { status, out, err }: Ran, expected: { status: number; err: RegExp; next: RegExp }) => {
  t.equal(status, expected.status, err)
  t.match(err.split('\n')[0], expected.err)
  t.match(err.split('\n')[1], expected.next)
  t.equal(err.split('\n').length, 3, `one line and the next step: ${err}`)
  t.equal(out, '', 'nothing was started')
}

/** Run a program of an app that prints what each expression comes to. */
function converse(app: string) {
  const child = workstation.start('user', workstation.cordon('run', app, '--', '/usr/bin/python3', '-c', OBEY))
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error('a program without pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const ask = async (expression: string): Promise<string> => {
    stdin.write(`${expression}\n`)
    return (await lines.next()).value ?? 'it has ended'
  }
  return { ask, end: async () => await finish(child) }
}

for (const who of ['user', 'root'] as const) {
  const run = (...words: string[]): Promise<Ran> => workstation.run(who, workstation.cordon('run', ...words))

  t.test(`as ${who}: a program that knows no proxy reaches a site by an exit, and by nothing else`, async t => {
    const { status, out, err } = await run('work', '--', 'curl', '--silent', '--show-error', ...CHECK)
    t.equal(status, 0, err)
    t.match(JSON.parse(out).remoteAddress, /^198\.18\.2\./, 'an exit of the lab')
    // Where programs look for tor's, and where the gateway says that the app's own is.
    const socks = `for at in 127.0.0.1:9050 127.0.0.1:${work} [::1]:9150; do
curl --silent --show-error --socks5-hostname $at http://check.example/; done`
    const seen = await run('work', '--', 'sh', '-c', socks)
    t.equal(seen.out.match(/"remoteAddress":"198\.18\.2\./g)?.length, 3, `SOCKS inside: ${seen.err}`)
    const gone = await run('work', '--', 'curl', '--silent', 'http://240.0.0.7/')
    // The reset may come before or after curl has seen the connection stand.
    t.ok([7, 56].includes(gone.status), `a refusal is a reset, at once: ${gone.status}`)
    await workstation.flush()
    t.same(workstation.frames, [], 'nothing on the uplink')
  })

  t.test(`ENF-02 ENF-05 as ${who}: everything that is tried is held, and nothing is on the wire`, async t => {
    const leaktest = workstation.cordon('leaktest', 'work', '--json')
    const { status, out, err } = await workstation.run(who, leaktest)
    t.equal(status, 0, err)
    const report = JSON.parse(out)
    t.equal(report.verdict, 'tight', out)
    t.ok(report.probes.length > 25)
    await workstation.flush()
    t.same(workstation.frames, [])
  })

  t.test(`ISO-12 as ${who}: a confined program sees nothing of Cordon, of other apps or of the machine`, async t => {
    const { directory } = cordon
    const names = ['apps/other.sock', 'dns/other.dns', 'gateway/admin.sock', 'redis/redis.sock']
    const paths = [...names, 'tor/control.sock', 'tor/socks.sock'].map(name => join(directory, 'r', name))
    const ports = (await cordon.status()).apps.flatMap(({ id, port, dnsPort }) =>
      id === 'other' ? [port, dnsPort] : [],
    )
    t.ok(paths.every(existsSync) && ports.length === 2 && ports.includes(other), 'all of it is there outside')
    const wanted = JSON.stringify({ ports: [...ports, 9051], paths: [...paths, join(directory, 's')] })
    const env = { ...process.env, SSH_AUTH_SOCK: '/run/agent', https_proxy: 'http://127.0.0.1:1', LD_PRELOAD: '' }
    // Descriptors that a shell left open would be ways out if they were sockets; Node closes none after a gap.
    const stray = openSync('/dev/null', 'r')
    const words = workstation.cordon('run', 'work', '--', '/usr/bin/python3', '-c', LOOK_AROUND, wanted)
    const withGap = ['bash', '-c', 'exec 200</dev/null; exec "$@"', 'bash', ...words]
    const { status, out, err } = await workstation.run(who, withGap, env, [stray])
    t.equal(status, 0, err)
    const seen = JSON.parse(out)
    t.equal(seen.uid, who === 'root' ? 0 : 1000)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      t.equal(seen.status[set], NO_CAPABILITIES, set)
    t.match(seen.status, { NoNewPrivs: '1', Seccomp: '2' })
    t.same(seen.descriptors, [], 'inherited descriptors are closed')
    t.same([seen.run, seen.tmp], [['user'], []], 'no daemon’s directory')
    const usual = 'core fd full null ptmx pts random shm stderr stdin stdout tty urandom zero'.split(' ')
    const desktop = /^(?:dri|kfd|nvidia|video|media|hidraw|snd)/
    t.same(
      seen.dev.filter((name: string) => !(who === 'user' && desktop.test(name))),
      usual,
      'no modem, no disk',
    )
    t.same([seen.terminals, seen.pty], [['ptmx'], '/dev/pts/0'], 'no terminal but those that it makes')
    t.ok(seen.devices.includes('lo') && !seen.devices.includes('up0') && !seen.devices.includes('eth0'))
    t.same(new Set(Object.values(seen.ports)), new Set(['Connection refused']), 'ports of others')
    t.same(new Set(Object.values(seen.paths)), new Set([false]), 'sockets and state')
    t.equal(seen.resolv, 'nameserver 127.0.0.1')
    for (const name of ['SSH_AUTH_SOCK', 'https_proxy', 'LD_PRELOAD', 'NODE_CHANNEL_FD'])
      t.notOk(seen.env.includes(name))
    t.match(seen.sysctl, /Read-only|denied/, 'no program that the kernel would start outside')
    t.match(seen.mount, /not permitted|denied/)
    t.ok(seen.rules, 'the rules are out of reach, from a namespace of its own too')
  })

  t.test(`as ${who}: exit status, standard streams, arguments and signals are the program’s own`, async t => {
    for (const [script, status] of [
      ['exit 42', 42],
      ['kill -TERM $$', 143],
      ['kill -SEGV $$', 139],
    ] as const)
      t.equal((await run('work', '--', 'sh', '-c', script)).status, status, script)
    const many = await run('work', '--', 'true', ...Array<string>(8000).fill('x'))
    t.equal(many.status, 0, `as many words as we promise: ${many.err}`)
    const strange = ["a b'c", '$(reboot)', '--help', '', 'ü\n']
    t.same(JSON.parse((await run('work', '--', '/usr/bin/python3', '-c', ECHO, ...strange)).out), strange)
    const child = workstation.start(who, workstation.cordon('run', 'work', '--', 'python3', '-uc', TRAP))
    if (child.stdout !== null) await once(child.stdout, 'data')
    child.kill('SIGTERM')
    const [status] = await once(child, 'exit')
    t.equal(status, 7, 'SIGTERM reached the program, which ended as it wanted')
  })

  t.test(`as ${who}: it needs no terminal, no environment and no working directory, as from cron`, async t => {
    const bare = [
      'sh',
      '-c',
      'mkdir /tmp/gone.$$ && cd /tmp/gone.$$ && rmdir ../gone.$$ && exec "$@" <&- 2>/dev/null',
      'sh',
    ]
    const words = [...bare, ...workstation.cordon('run', 'work', '--', 'sh', '-c', 'pwd; id -u')]
    const { status, out } = await workstation.run(who, words, { PATH: '/usr/bin:/bin', HOME: userInfo().homedir })
    t.equal(status, 0)
    t.equal(out, `${userInfo().homedir}\n${who === 'root' ? 0 : 1000}\n`)
    const homeless = await workstation.run(who, workstation.cordon('run', 'work', '--', 'pwd'), {
      PATH: '/usr/bin:/bin',
    })
    t.equal(homeless.status, 0, `the user 1000 may have no account, and so no home: ${homeless.err}`)
  })

  t.test(`ENF-09 as ${who}: what a program leaves behind ends with it, and everything with the launcher`, async t => {
    const mark = `cordon-leftover-${who}-${process.pid}`
    const running = (): boolean => readCommands().some(line => line.includes(mark))
    await run(
      'work',
      '--',
      'sh',
      '-c',
      `setsid sh -c 'exec sleep 987 # ${mark}' & (setsid python3 -c 'import time; time.sleep(987)' ${mark} &); sleep 0.2`,
    )
    t.notOk(running(), 'a daemon that forked twice is gone')
    const child = workstation.start(
      who,
      workstation.cordon('run', 'work', '--', 'python3', '-uc', 'print(1); import time; time.sleep(987)', mark),
    )
    if (child.stdout !== null) await once(child.stdout, 'data')
    t.ok(running())
    child.kill('SIGKILL')
    await until('the end of the program', () => !running())
  })

  t.test(`CTL-10 as ${who}: bad names start nothing, register nothing, and say the next step`, async t => {
    const before = await listApps()
    refuses(t, await run('bad1', '--', 'no-such-program'), {
      status: 127,
      err: /there is no program/,
      next: /Install it/,
    })
    refuses(t, await run('bad1', '--', '-x'), { status: 1, err: /looks like an option/, next: /Write/ })
    refuses(t, await run('bad1', '--', './a\nb'), { status: 1, err: /control character/, next: /Name/ })
    refuses(t, await run('../bad1', '--', 'true'), { status: 2, err: /no app name/, next: /Use a-z/ })
    refuses(t, await run('--profile', 'nonsense', 'bad1'), { status: 1, err: /no profile/, next: /cordon profiles/ })
    // What would be taken for done and is not: the program takes no notice of our options, and nothing is hidden.
    refuses(t, await run('bad1', '--private-home'), { status: 2, err: /stands after bad1/, next: /Put it before/ })
    for (const option of ['--hide', '--share'])
      refuses(t, await run(option, '/no/such', 'bad1', '--', 'true'), { status: 2, err: /nothing at/, next: /Correct/ })
    const nested = ['--share', ROOT, 'work', '--', ...workstation.cordon('run', 'bad1', '--', 'true')]
    refuses(t, await run(...nested), {
      status: 1,
      err: /confined to an app already/,
      next: /Start the program as it is/,
    })
    t.same(await listApps(), before, 'no app was registered')
  })
}

t.test(
  'names are answered by the app’s own resolver, onion addresses too, and nothing of them is on the wire',
  async t => {
    const { onion } = (await cordon.status()).lab ?? { onion: '' }
    // On a busy machine a rendezvous may fail, and the next one does not.
    const curl = ['curl', '--silent', '--show-error', '--max-time', '40', '--retry', '5', '--retry-all-errors']
    const script = `${curl.join(' ')} http://check.example/; echo; ${curl.join(' ')} http://${onion}/; echo
getent ahosts printer.local; echo local $?; getent ahosts router; echo single $?; getent hosts check.example`
    const { out, err } = await workstation.run('user', workstation.cordon('run', 'names', '--', 'sh', '-c', script))
    const [site = '', hidden = '', local, single, virtual] = out.split('\n').filter(line => line !== '')
    t.match(JSON.parse(site).remoteAddress, /^198\.18\.2\./, err)
    t.match(hidden, onion, 'the onion service')
    t.same([local, single], ['local 2', 'single 2'], 'names of the local network are nobody’s')
    t.match(virtual, /^10\.(19[2-9]|2[0-9]{2})\./, 'a virtual address')
    await workstation.flush()
    t.same(workstation.frames, [])
  },
)

t.test('real programs reach the lab by an exit, each in its own way, and nothing of them is on the wire', async t => {
  const repositories = join(cordon.directory, 'repositories')
  mkdirSync(repositories)
  // Not by -T: it adds the name of the file to a path that ends in a slash.
  const put = await run(
    'curl',
    makeRepositories(repositories).flatMap(({ file, path, mediaType }, at) => [
      ...(at === 0 ? [] : ['--next']),
      ...['--silent', '--show-error', '--fail', '--socks5-hostname', `127.0.0.1:${work}`, '--request', 'PUT'],
      ...['--data-binary', `@${file}`, '--header', `content-type: ${mediaType}`, `http://files.example${path}`],
    ]),
  )
  t.equal(put.status, 0, put.stderr)
  const script = formatScript(CONFINED_PROGRAMS)
  const { out, err } = await workstation.run('user', workstation.cordon('run', 'work', '--', 'sh', '-c', script))
  t.equal(err, '')
  const said = readSaid(out)
  for (const [at, { name, says }] of CONFINED_PROGRAMS.entries()) t.match(said[at] ?? '', says, name)
  await workstation.flush()
  t.same(workstation.frames, [])
})

t.test('ssh agrees on keys with a server, which hears of no more than an exit', async t => {
  const key = join(cordon.directory, 'host-key')
  t.equal((await run('dropbearkey', ['-t', 'ed25519', '-f', key])).status, 0)
  const lab = ['--preserve-credentials', '--user', '--net', '--target', String(await cordon.pidOf('tor')), '--']
  const listen = ['dropbear', '-F', '-E', '-r', key, '-P', join(cordon.directory, 'dropbear'), '-p', '198.18.80.1:2222']
  const server = spawn('nsenter', [...lab, ...listen], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(server, 'close')
  let heard = ''
  server.stderr.setEncoding('utf8').on('data', text => {
    heard += text
  })
  t.teardown(async () => {
    server.kill('SIGKILL')
    await ended
  })
  await until('the server', () => heard.includes('Not backgrounding'))
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null'].flatMap(one => [
    '-o',
    one,
  ])
  const words = workstation.cordon('run', 'work', '--', 'ssh', ...options, '-p', '2222', 'nobody@check.example')
  const { status, err } = await workstation.run('user', words)
  t.equal(status, 255)
  t.match(err, /Permanently added '\[check\.example\]:2222'/, 'the key of the server was seen')
  t.match(err, /Permission denied \(publickey/, 'and we were let no further, as we have none')
  t.match(heard, /Child connection from 198\.18\.2\.[1-4]:/)
})

t.test('an app with a control socket finds it at 9051 and is reached from outside at its own ports', async t => {
  await cordon.add('share', '--control', 'onionshare')
  const script = `import socket, sys
s = socket.create_server(('127.0.0.1', 17600))
c = socket.create_connection(('127.0.0.1', 9051)); c.send(b'AUTHENTICATE\\r\\nGETINFO net/listeners/socks\\r\\n')
told = b''
while told.count(b'250 OK') < 2: told += c.recv(4000)
port = int(told.split(b'127.0.0.1:')[1].split(b'"')[0])
p = socket.create_connection(('127.0.0.1', port)); p.sendall(b'\\5\\1\\0'); print('socks', p.recv(2).hex(), flush=True)
a, _ = s.accept(); a.sendall(b'hello ' + a.recv(100)); a.close(); sys.stdin.readline()`
  const child = workstation.start('user', workstation.cordon('run', 'share', '--', '/usr/bin/python3', '-c', script))
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', text => {
    said += text
  })
  await until('an answer at the port that the control socket names', () => said === 'socks 0500\n')
  const reach = (port: number): Promise<string> => exchange(join(cordon.directory, 'r/apps/share.inward'), port)
  t.equal(await reach(17_600), '\0hello you', 'connected, and carried both ways')
  t.equal(await reach(17_601), '\u0001', 'nobody listens there')
  child.stdin?.end('go\n')
  await once(child, 'close')
})

t.test(
  'a port at which the program itself listens is its own, though something outside answers there else',
  async t => {
    const words = ['/usr/bin/python3', '-c', OWN_DOOR, String(work)]
    const { out, err } = await workstation.run('user', workstation.cordon('run', 'work', '--', ...words))
    t.equal(err, '')
    const socks = '0500'
    t.same(JSON.parse(out), Array(3).fill([socks, Buffer.from('mine').toString('hex'), socks]))
  },
)

t.test('two runs of one app share its identity and nothing else; without the app both reach nothing', async t => {
  await cordon.add('twice')
  const runs = [1, 2].map(() => converse('twice'))
  const each = async (expression: string) => await Promise.all(runs.map(({ ask }) => ask(expression)))
  t.same(await each('reach()'), ['True', 'True'])
  const [first, second] = runs
  t.equal(
    await first?.ask('keep.append(socket.create_server(("127.0.0.1", 8000))) or open("/tmp/mine", "w").name'),
    '/tmp/mine',
  )
  t.equal(await first?.ask('[socket.socket().connect_ex(("127.0.0.1", 8000)), os.listdir("/tmp")]'), "[0, ['mine']]")
  t.equal(await second?.ask('[socket.socket().connect_ex(("127.0.0.1", 8000)), os.listdir("/tmp")]'), '[111, []]')
  t.equal((await cordon.cordon('apps', 'remove', 'twice')).status, 0)
  t.same(await each('reach()'), ['False', 'False'])
  for (const { end } of runs) await end()
})

t.test('DNS-08: a new resolv.conf of the host changes nothing for a running program', async t => {
  // A layer over /etc of the workstation: the machine that the tests run on keeps its own.
  const layer =
    'mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mount -t overlay -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w o /etc'
  t.equal((await workstation.run('root', ['sh', '-c', layer])).err, '')
  const script = 'echo up; read line; cat /etc/resolv.conf; curl --silent --max-time 120 http://check.example/'
  const child = workstation.start('user', workstation.cordon('run', 'names', '--', 'sh', '-c', script))
  if (child.stdout !== null) await once(child.stdout, 'data')
  const renew = 'echo nameserver 192.0.2.1 > /etc/new; mv /etc/new /etc/resolv.conf; cat /etc/resolv.conf'
  t.match((await workstation.run('root', ['sh', '-c', renew])).out, 'nameserver 192.0.2.1')
  child.stdin?.write('go\n')
  const { out } = await finish(child)
  t.match(out, /^nameserver 127\.0\.0\.1$/m)
  t.match(out, /"remoteAddress":"198\.18\.2\./)
  await workstation.flush()
  t.same(workstation.frames, [])
})

t.test('the same probes unconfined are caught, by their results and on the wire: the detector fires', async t => {
  const probes = join(import.meta.dirname, '../../src/edge/leak-probes.ts')
  const { out } = await workstation.run('root', [process.execPath, probes, '1500'], {
    ...process.env,
    RES_OPTIONS: 'timeout:1 attempts:1',
  })
  const report = judgeProbes(PROBES, JSON.parse(out), null)
  t.equal(report.verdict, 'leaks')
  const leaking = report.probes.filter(({ leaks }) => leaks).map(({ name }) => name)
  for (const name of [
    'TCP to a reserved address',
    'TCP over IPv6',
    'UDP: QUIC',
    'UDP over IPv6',
    'mDNS',
    'raw ICMP',
    'DNS to a fixed server',
    'packets of any kind',
  ])
    t.ok(leaking.includes(name), name)
  await workstation.flush()
  const onTheWire = (what: string): boolean => workstation.frames.some(frame => frame.includes(what))
  t.ok(onTheWire('cb007107'), '203.0.113.7')
  t.ok(onTheWire('f0000007'), '240.0.0.7')
  t.ok(onTheWire('20010db8000000000000000000000007'), '2001:db8::7')
  t.ok(onTheWire('e00000fb'), 'mDNS')
  await workstation.forget()
})

t.test('without user namespaces an ordinary user hears which switch, and root needs none', async t => {
  const off = (...then: string[]): string[] => [
    'sh',
    '-c',
    'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"',
    'sh',
    ...then,
  ]
  const drop = ['setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all', '--']
  const asRoot = ['unshare', '--user', '--map-root-user', '--']
  const asUser = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--keep-caps', '--']
  const words = workstation.cordon('run', 'work', '--', 'curl', '--silent', ...CHECK)
  refuses(t, await workstation.run('root', [...asUser, ...off(...drop, ...words)]), {
    status: 1,
    err: /max_user_namespaces is 0/,
    next: /sysctl -w user.max_user_namespaces/,
  })
  const { status, out, err } = await workstation.run('root', [...asRoot, ...off(...words)])
  t.equal(status, 0, err)
  t.match(out, /"remoteAddress":"198\.18\.2\./)
})

t.test('on a machine that lacks something nothing starts: one line says what, and the next step', async t => {
  const before = await listApps()
  const fake = join(cordon.directory, 'fake')
  /** Run with another program in the place of one of the machine's. */
  const withInstead = (program: string, instead: string, words: readonly string[]): Promise<Ran> =>
    workstation.run('root', [
      'unshare',
      '--mount',
      'sh',
      '-c',
      `mount --bind ${instead} ${program}; exec "$@"`,
      'sh',
      ...words,
    ])
  const words = workstation.cordon('run', 'bad2', '--', 'echo', 'started')
  for (const [program, name, more] of [
    ['/usr/bin/bwrap', 'bwrap', 'bubblewrap'],
    ['/usr/sbin/nft', 'nft', 'nftables'],
  ] as const) {
    const ran = await withInstead(program, '/dev/null', words)
    refuses(t, ran, { status: 1, err: new RegExp(`this needs ${name}$`), next: new RegExp(`apt-get install ${more}`) })
  }
  writeFileSync(fake, '#!/bin/sh\necho "Error: Could not process rule: No such file or directory" >&2; exit 1\n', {
    mode: 0o755,
  })
  // The app is known by then: it would be registered for a program that starts.
  const unfit = await withInstead('/usr/sbin/nft', fake, workstation.cordon('run', 'work', '--', 'echo', 'started'))
  refuses(t, unfit, {
    status: 1,
    err: /does not take the rules.*Could not process rule/,
    next: /modprobe -a nft_tproxy/,
  })
  const missing = await workstation.run('root', workstation.cordon('run', '--profile', 'signal', 'bad2'))
  refuses(t, missing, { status: 127, err: /there is no program "signal-desktop"/, next: /Install it/ })
  t.same(await listApps(), before, 'no app was registered')
})

t.test('another instance outside is refused before the start, and ended when it comes after', async t => {
  const own = join(cordon.directory, 's/profiles/outside')
  const bin = await mkdtemp(join(userInfo().homedir, '.cordon-test-bin-'))
  t.teardown(() => rmSync(bin, { recursive: true, force: true }))
  // A browser that stays: its profile gives it --profile and the app's own directory.
  writeFileSync(join(bin, 'firefox'), '#!/bin/sh\necho up; read line\n', { mode: 0o755 })
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}` }
  const words = workstation.cordon('run', '--profile', 'firefox', 'outside')
  // Each of our users is in a user namespace of its own and sees no other's processes, so this is root.
  const outside = () => workstation.start('root', ['/bin/sh', '-c', 'echo up; read line', 'firefox', own])
  const rival = outside()
  if (rival.stdout !== null) await once(rival.stdout, 'data')
  const refused = { status: 1, err: /uses the directory of this app already/, next: /End it first/ }
  refuses(t, await workstation.run('root', words, env), refused)
  await finish(rival)
  const confined = workstation.start('root', words, env)
  let said = ''
  confined.stderr?.setEncoding('utf8').on('data', text => {
    said += text
  })
  if (confined.stdout !== null) await once(confined.stdout, 'data')
  // As a session bus or systemd-run would start it: outside, by the same program, for the same directory.
  const escaped = outside()
  await once(escaped, 'exit')
  t.equal(escaped.signalCode, 'SIGKILL')
  await until('a line that says so', () => said.includes('outside its confinement, and was ended'))
  confined.stdin?.end('\n')
  await once(confined, 'close')
})

t.test('SUP-01: with the gateway dead a confined program reaches nothing, with the next one it does again', async t => {
  const { ask, end } = converse('work')
  t.equal(await ask('reach()'), 'True')
  const gateway = await cordon.pidOf('gateway')
  // Whoever would start the next one waits meanwhile, or it might be there before we have asked.
  process.kill(cordon.supervisorPid, 'SIGSTOP')
  process.kill(gateway, 'SIGKILL')
  t.equal(await ask('reach()'), 'False', 'refused')
  process.kill(cordon.supervisorPid, 'SIGCONT')
  await until('an answer by the gateway that took its place', async () => (await ask('reach()')) === 'True')
  await end()
  await until('cordon to be ready again', async () => (await cordon.status()).state === 'ready')
  await workstation.flush()
  t.same(workstation.frames, [])
})
