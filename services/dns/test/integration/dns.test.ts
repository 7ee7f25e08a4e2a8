import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { askApi } from '@cordon/shared/api/edge/ask-api'
import type { DnsStatus } from '@cordon/shared/contracts'
import { layOutRuntime } from '@cordon/shared/contracts'
import { openControlConnection } from '@cordon/shared/runtime/edge'
import { setEvents, type TorEvent } from '@cordon/shared/tor-control'
import t from 'tap'
import { CordonUnderTest, run } from '../../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../../shared/test/until.ts'
import { listFarPorts } from './far-ports.ts'

t.setTimeout(600_000)

const cordon = await CordonUnderTest.start(`services: [dns]
apps:
  mail: {}
  other: {}
  dot: { dns: { resolver: 'tls://resolver.example' } }
  doh: { dns: { resolver: 'https://resolver.example/dns-query' } }
  wrong: { dns: { resolver: 'tls://resolver.example#nobody.example' } }
  gone: { dns: { resolver: 'tls://missing.example' } }
  virtual: { dns: { virtual: true } }
`)
t.teardown(() => cordon.close())
const layout = layOutRuntime(`${cordon.directory}/r`)
const { apps, lab } = await cordon.status()
const appOf = (id: string) => {
  const app = apps.find(one => one.id === id)
  if (app === undefined) throw new Error(`no app ${id}`)
  return app
}

/** Ask with dig; give the status word and the lines of the answer section. */
async function dig(app: string, ...args: string[]): Promise<{ status: string; answers: string[]; said: string }> {
  const place = ['@127.0.0.1', '-p', String(appOf(app).dnsPort), '+tries=1', '+time=40']
  const { stdout } = await run('dig', [...place, '+noall', '+comments', '+answer', ...args])
  const answers = stdout.split('\n').filter(line => line !== '' && !line.startsWith(';'))
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? stdout,
    answers: answers.map(line => line.split(/\s+/).slice(4).join(' ')),
    said: stdout,
  }
}

/** What `cordon dns --json` says, without the second that a command takes to start. */
const describe = async (app: string, query = ''): Promise<DnsStatus> => {
  const question = { method: 'GET', path: `/v1/apps/${app}${query}` } as const
  return (await askApi(layout.dnsSocket, question)).value as DnsStatus
}

/** What tor did for whom: streams that were looked up, by their circuit and the user name that isolates them. */
async function watchLookUps(name: string, use: () => Promise<void>) {
  const streams: { user: string; circuit: string }[] = []
  const control = await openControlConnection({
    socketPath: layout.torControlSocket,
    onClose: () => {},
    onEvent: (event: TorEvent | { type: 'malformed' }) => {
      if (event.type !== 'stream' || event.circuit === undefined) return
      const { socksUsername, circuit, target } = event
      if (!target.reveal().startsWith(name)) return // the clock has streams of its own meanwhile
      streams.push({ user: String(socksUsername?.reveal() ?? ''), circuit })
    },
  })
  await control.send(setEvents(['STREAM']))
  await use()
  await until('the events of both look-ups', () => new Set(streams.map(({ user }) => user)).size > 1)
  control.close()
  return streams
}

/** Ports of DNS, of DNS over TLS, of mDNS and of LLMNR. */
const DNS_PORTS: ReadonlySet<number> = new Set([53, 853, 5353, 5355])

/** Ports of DNS that a part was seen to reach for, looked for after each test. */
const seenPorts = new Map<string, readonly number[]>()
let looks = 0
t.afterEach(async () => {
  const { parts } = await cordon.status()
  looks += 1
  for (const { name, pid } of parts) {
    if (pid === null || name === 'tor') continue
    const found = listFarPorts(pid, DNS_PORTS)
    if (found.length > 0) seenPorts.set(name, found)
  }
})

t.test('DNS-01 A, AAAA and PTR with dig, kdig, python and curl, over UDP and TCP', async t => {
  t.same((await dig('mail', 'check.example')).answers, ['198.18.80.1'])
  t.same((await dig('mail', '+tcp', 'dual.dns.example', 'AAAA')).answers, ['2001:db8::10'])
  t.same(await dig('mail', 'four.dns.example', 'AAAA').then(({ status, answers }) => [status, answers]), [
    'NOERROR',
    [],
  ])
  t.same((await dig('mail', '-x', '198.18.80.1')).answers, ['check.example.'])
  t.equal((await dig('mail', 'missing.dns.example')).status, 'SERVFAIL', 'no proof that it is not there')
  const port = String(appOf('mail').dnsPort)
  t.match((await run('kdig', ['@127.0.0.1', '-p', port, '+short', 'dual.dns.example'])).stdout, '198.51.100.10')
  const python = `import socket, struct
s = socket.create_connection(('127.0.0.1', ${port}), 30)
q = bytes.fromhex('002a01000001000000000000') + b'\\5check\\7example\\0\\0\\1\\0\\1'
s.sendall((struct.pack('!H', len(q)) + q) * 2)
f = s.makefile('rb')
for _ in range(2):
  print(f.read(struct.unpack('!H', f.read(2))[0])[-4:].hex())`
  t.equal((await run('python3', ['-c', python])).stdout, 'c6125001\n'.repeat(2), 'pipelined')
})

t.test('DNS-02, DNS-03 other types, classes and versions end as defined', async t => {
  for (const type of ['MX', 'TXT', 'SRV', 'HTTPS', 'ANY', 'CAA']) {
    t.match(await dig('mail', 'types.dns.example', type, '+notcp'), { status: 'NOTIMP', said: /EDE: 21/ }, type)
  }
  const transfer = await run('dig', ['@127.0.0.1', '-p', String(appOf('mail').dnsPort), 'AXFR', 'example'])
  t.match(transfer.stdout, /Transfer failed|NOTIMP/)
  t.equal((await dig('mail', '-c', 'CH', 'version.bind', 'TXT')).status, 'NOTIMP')
  t.equal((await dig('mail', '+edns=1', '+noednsneg', 'check.example')).status, 'BADVERS')
})

t.test('DNS-04 what is local never leaves, and an onion service is reached by its virtual address', async t => {
  const before = (await describe('mail')).counts.lookedUp
  for (const name of ['router', 'printer.local', 'site.i2p', 'x.home.arpa']) {
    t.equal((await dig('mail', name)).status, 'NXDOMAIN', name)
  }
  t.equal((await dig('mail', '-x', '192.168.1.1')).status, 'NXDOMAIN')
  t.same((await dig('mail', 'localhost')).answers, ['127.0.0.1'])
  t.equal((await describe('mail')).counts.lookedUp, before, 'nothing was looked up')
  const onion = lab?.onion ?? ''
  const [address = ''] = (await dig('mail', onion)).answers
  t.match(address, /^10\.(19[2-9]|2\d\d)\./)
  t.same((await dig('mail', onion, 'AAAA')).answers, [])
  const fetch = async (app: string) =>
    await run('curl', ['-sS', '-m', '60', '--socks5', `127.0.0.1:${appOf(app).port}`, `http://${address}/`])
  t.match(JSON.parse((await fetch('mail')).stdout), { headers: [['Host', address]] })
  t.match((await fetch('other')).stderr, /\(2\)/, 'another app: not allowed by ruleset')
  t.same((await dig('mail', '-x', address)).answers, [`${onion}.`])
  t.equal((await dig('other', '-x', address)).status, 'NXDOMAIN')
})

t.test('in virtual mode a program that resolves first is carried by name', async t => {
  const [address = ''] = (await dig('virtual', 'check.example')).answers
  t.match(address, /^10\./)
  const url = `http://${address}/`
  const { stdout } = await run('curl', ['-sS', '-m', '60', '--socks5', `127.0.0.1:${appOf('virtual').port}`, url])
  t.match(JSON.parse(stdout), { remoteAddress: /^198\.18\.2\./ })
})

t.test('ISO-10 two apps asking one name make two look-ups on two circuits; a renewal empties one cache', async t => {
  const name = 'four.dns.example'
  const streams = await watchLookUps(name, async () => {
    for (const app of ['mail', 'other']) t.same((await dig(app, name)).answers, ['198.51.100.4'])
  })
  const users = new Set(streams.map(({ user }) => user))
  t.equal(users.size, 2, 'under two isolation keys')
  const circuits = [...users].map(
    user => new Set(streams.filter(one => one.user === user).map(({ circuit }) => circuit)),
  )
  t.same(
    [...(circuits[0] ?? [])].filter(circuit => circuits[1]?.has(circuit)),
    [],
    'no circuit in both',
  )
  const [mail, other] = [await describe('mail', '?names=1'), await describe('other', '?names=1')]
  t.ok(mail.names?.includes(name) && other.names?.includes(name))
  t.equal((await describe('other')).names, undefined, 'names only where they are asked for')
  t.equal((await cordon.cordon('renew', 'mail')).status, 0)
  t.match(await describe('mail', '?names=1'), { nymEpoch: 1, cache: { entries: 0 }, names: [] })
  t.equal((await describe('other')).cache.entries, other.cache.entries, 'the other app keeps its own')
  t.same((await dig('mail', name)).answers, ['198.51.100.4'])
  t.equal((await describe('mail')).counts.lookedUp, mail.counts.lookedUp + 1, 'looked up anew')
})

t.test('DNS-03 a configured resolver answers other types, over TLS and over HTTPS', async t => {
  for (const app of ['dot', 'doh']) {
    t.same((await dig(app, 'types.dns.example', 'MX')).answers, ['10 four.dns.example.'], app)
    t.same((await dig(app, 'types.dns.example', 'HTTPS')).answers, ['1 . ipv4hint=198.51.100.11'], app)
    const cut = await dig(app, 'big.dns.example', 'TXT', '+ignore', '+bufsize=512')
    t.match(cut, { said: /flags: qr tc /, answers: [] }, `${app}: more than the asker takes over UDP`)
    t.equal((await dig(app, 'big.dns.example', 'TXT')).answers.length, 8, `${app}: and then over TCP`)
    t.match(await dig(app, 'hint.hostile.example', 'HTTPS'), { answers: [], said: /EDE: 15/ }, `${app}: withheld`)
    t.equal((await dig(app, 'loop.hostile.example', 'TXT')).answers.length, 2, `${app}: a loop of aliases ends`)
    t.equal((await dig(app, 'huge.hostile.example', 'TXT')).status, 'SERVFAIL', `${app}: 64 kB`)
    t.equal((await describe(app)).resolverTrouble, null)
  }
})

t.test('a resolver with a wrong certificate or out of reach is named, and A goes on', async t => {
  for (const [app, why] of [
    ['wrong', /certificate|ERR_TLS|verified/i],
    ['gone', /refused|stream/],
  ] as const) {
    t.equal((await dig(app, 'types.dns.example', 'MX')).status, 'SERVFAIL')
    t.match((await describe(app)).resolverTrouble, why)
    t.same((await dig(app, 'four.dns.example')).answers, ['198.51.100.4'])
  }
})

t.test('an attacker-made zone gives no internal address, and a name nobody answers holds nobody else up', async t => {
  for (const name of ['rebind.hostile.example', 'alias.hostile.example']) {
    t.match(await dig('mail', name), { status: 'SERVFAIL', answers: [] }, name)
  }
  for (const name of ['mapped.hostile.example', 'translated.hostile.example']) {
    t.same((await dig('mail', name, 'AAAA')).answers, [], name)
  }
  t.match(await dig('mail', '-x', '203.0.113.66'), { status: 'SERVFAIL', answers: [] }, 'a name that is a script')
  const slow = dig('mail', 'slow.hostile.example', '+time=3')
  t.same((await dig('mail', 'four.dns.example')).answers, ['198.51.100.4'])
  await slow
})

t.test('DNS-09 no part of Cordon but tor sends to a port of DNS', async t => {
  // Each of the tests before has looked, too.
  for (const part of ['gateway', 'dns', 'clock', 'updates', 'redis']) {
    t.ok(looks >= 8 && !seenPorts.has(part), `${part}: ${seenPorts.get(part) ?? 'nothing'}`)
  }
  const [listener, control] = [createServer(), createSocket('udp4')]
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const tcp = connect({ host: '127.0.0.1', port })
  await once(tcp, 'connect')
  control.connect(53, '127.0.0.1')
  await once(control, 'connect')
  t.same(listFarPorts(process.pid, new Set([53, port])).sort(), [53, port].sort(), 'a look finds what is there')
  control.close()
  tcp.destroy()
  listener.close()
})

t.test('SUP-01 dns killed is back, on the same ports, and the streams of apps notice nothing', async t => {
  const before = await cordon.pidOf('dns')
  process.kill(before, 'SIGKILL')
  await until('another dns', async () => {
    const dns = (await cordon.status()).parts.find(({ name }) => name === 'dns')
    return dns?.state === 'ready' && dns.pid !== null && dns.pid !== before
  })
  t.same((await dig('mail', 'four.dns.example')).answers, ['198.51.100.4'])
})

t.test('cordon dns shows and sets up; nothing that is logged or traced holds a name', async t => {
  const shown = await cordon.cordon('dns', 'mail')
  const asJson = JSON.parse((await cordon.cordon('dns', 'mail', '--names', '--json')).stdout)
  t.match(asJson, { names: (await describe('mail', '?names=1')).names })
  t.match(shown.stdout, /asked at {4}127\.0\.0\.1:\d+/)
  t.match((await cordon.cordon('dns', 'mail', '--setup', 'resolved')).stdout, `DNS=127.0.0.1:${appOf('mail').dnsPort}`)
  t.match((await cordon.cordon('dns', 'mail', '--setup', 'networkmanager')).stdout, /server=127\.0\.0\.1#/)
  t.equal((await cordon.cordon('dns', 'mail', '--setup', 'bind')).status, 2)
  t.equal((await cordon.cordon('dns', 'nobody')).status, 1)
  const everything = await Promise.all(
    ['/v1/spans', '/v1/logs', '/v1/metrics'].map(
      async path => (await run('curl', ['-sS', '--unix-socket', layout.dnsSocket, `http://cordon${path}`])).stdout,
    ),
  )
  t.ok(everything.join('').includes('dns'), 'there is something to look at')
  t.notMatch(everything.join(''), /\.example|\.onion|10\.(19[2-9]|2\d\d)\./)
})
