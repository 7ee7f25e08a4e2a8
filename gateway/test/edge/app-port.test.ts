import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { layOutRuntime } from '@cordon/shared/contracts'
import { choosePortUsers } from '@cordon/shared/runtime/edge'
import { encodeGreeting, encodeRequest, parseTarget } from '@cordon/shared/socks'
import t from 'tap'
import { findFreePorts } from '../../src/edge/free-ports.ts'
import { ROGUE_REPLIES } from '../fake-tor.ts'
import { ask, Client, GatewayUnderTest, reply, until } from '../gateway-under-test.ts'

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
/** A kernel may have none: then there is nothing to listen on. */
const HAS_IPV6 = Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1'))
const APPS = 'apps: { mail: {}, chat: {}, wallet: { extendedErrors: true } }\n'

t.test('SOC-01 every protocol on every listener of an app reaches tor, and data flows both ways', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const port = await gateway.portOf('mail')
  const path = `${gateway.layout.appsDirectory}/mail.sock`
  const socks4a = Buffer.concat([hex('04 01 0050 00000001'), Buffer.from('\0echo.example\0')])
  const connect = Buffer.from('CONNECT echo.example:80 HTTP/1.1\r\n\r\n')
  const six = HAS_IPV6 ? [{ port, host: '::1' }] : []
  for (const where of [{ port, host: '127.0.0.1' }, ...six, { path }]) {
    for (const [bytes, expected] of [
      [ask('echo.example'), `0500${reply(0)}`],
      [ask('198.51.100.7'), `0500${reply(0)}`],
      [ask('2001:db8::7'), `0500${reply(0)}`],
      [socks4a, '005a000000000000'],
      [connect, Buffer.from('HTTP/1.1 200 OK\r\n\r\n').toString('hex')],
    ] as const) {
      const client = new Client(where).send(bytes)
      t.equal(await client.take(expected.length / 2), expected)
      client.send('ping')
      t.equal(await client.take(4), Buffer.from('ping').toString('hex'))
      client.socket.end()
      t.equal(await client.rest(), '')
    }
  }
  t.same(
    new Set(gateway.tor.asked.map(({ host }) => host)),
    new Set(['echo.example', '198.51.100.7', '20010db8000000000000000000000007']),
  )
})

t.test('SOC-02 nothing is answered, and tor not asked, until a message is complete', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const client = new Client({ port: await gateway.portOf('mail') })
  const bytes = Buffer.concat([
    encodeGreeting(0),
    encodeRequest('connect', { target: parseTarget('echo.example'), port: 80 }),
  ])
  client.socket.setNoDelay(true)
  for (const byte of bytes.subarray(0, 3)) client.send(Uint8Array.of(byte))
  t.equal(await client.take(2), '0500')
  for (const byte of bytes.subarray(3, -1)) client.send(Uint8Array.of(byte))
  // Another stream of the same port is served meanwhile: whatever was sent before it has been read by then.
  await new Client({ port: await gateway.portOf('mail') }).send(ask('echo.example')).take(12)
  t.equal(client.heard.length, 0)
  t.equal(gateway.tor.asked.length, 1)
  client.send(bytes.subarray(-1))
  t.equal(await client.take(10), reply(0))
})

t.test('SOC-03 first data in the segment of the request is delivered once and in order', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const client = new Client({ port: await gateway.portOf('mail') })
  client.send(Buffer.concat([ask('echo.example', { user: 'u', password: 'p' }), Buffer.from('one ')])).send('two')
  t.equal(await client.take(4 + 10 + 7), `05020100${reply(0)}${Buffer.from('one two').toString('hex')}`)
})

t.test(
  'SOC-04, SOC-05 what cannot be served is answered as RFC 1928 says and then closed, and nothing listens on UDP',
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const port = await gateway.portOf('mail')
    const cases: readonly (readonly [string, Buffer, string])[] = [
      ['unknown methods', hex('05 02 01 80'), '05ff'],
      ['no methods', hex('05 00'), ''],
      ['credentials before the greeting', hex('01 01 41 01 42'), ''],
      ['BIND', hex('05 01 00 05 02 00 01 01020304 0050'), `0500${reply(7)}`],
      ['UDP ASSOCIATE', hex('05 01 00 05 03 00 01 01020304 0050'), `0500${reply(7)}`],
      ['unknown address type', hex('05 01 00 05 01 00 07 01020304 0050'), `0500${reply(8)}`],
      ['TLS', hex('16 03 01 00 a5 01'), ''],
      ['a lower-case word', Buffer.from('get / http/1.1\r\n\r\n'), ''],
    ]
    for (const [name, bytes, expected] of cases) {
      const client = new Client({ port }).send(bytes)
      t.equal(await client.rest(), expected, name)
      client.socket.end()
      await client.gone()
    }
    t.equal(gateway.tor.connections, 0)
  },
)

t.test('SOC-06 look-ups pass through on the app’s own credentials, and internal answers are not believed', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const port = await gateway.portOf('mail')
  const resolve = async (host: string, command: 'resolve' | 'resolve-ptr' = 'resolve'): Promise<string> =>
    (await new Client({ port }).send(ask(host, { command })).rest()).slice(4)
  t.equal(await resolve('some.example'), '05000001c6336407' + '0000')
  t.equal(await resolve('198.51.100.7', 'resolve-ptr'), `050000030c${Buffer.from('name.example').toString('hex')}0000`)
  t.equal(await resolve('missing.example'), reply(4), 'a failed RESOLVE of tor has ATYP 0')
  t.equal(await resolve('internal.example'), reply(4), 'rebinding')
  t.equal(await resolve('192.168.1.1', 'resolve-ptr'), reply(2), 'reverse names of this network are nobody else’s')
  t.equal(new Set(gateway.tor.asked.map(({ password }) => password)).size, 1)
})

t.test('SOC-10 rogue replies of tor become a defined code, and tor’s own codes pass', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const port = await gateway.portOf('mail')
  for (const host of Object.keys(ROGUE_REPLIES)) {
    t.equal(await new Client({ port }).send(ask(host)).rest(), `0500${reply(1)}`, host)
  }
  for (const [code, plain] of [
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 6],
    [0xf0, 4],
    [0xf4, 2],
    [0xf7, 6],
    [0x99, 1],
  ] as const) {
    const host = `code-${code.toString(16).padStart(2, '0')}.example`
    t.equal(await new Client({ port }).send(ask(host)).rest(), `0500${reply(plain)}`, host)
    const extended = new Client({ port: await gateway.portOf('wallet') }).send(ask(host))
    t.equal(await extended.rest(), `0500${reply(code)}`, `${host}, extended`)
  }
  t.equal(await new Client({ port }).send(ask('echo.example')).take(12), `0500${reply(0)}`, 'the gateway lives')
})

t.test(
  'SOC-11 a client that half-closes and reads 10 MB slowly gets every byte, and the gateway buffers none of it',
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const client = new Client({ port: await gateway.portOf('mail') }).send(ask('echo.example'))
    await client.take(12)
    const { socket: upstream } = await until('the stream', () => gateway.tor.asked[0])
    upstream.unpipe()
    client.socket.pause()
    client.socket.end()
    await until('the half-close at tor', () => upstream.readableEnded)
    const size = 10_000_000
    const before = process.memoryUsage().external
    const whole = Buffer.alloc(size, 0x5a)
    upstream.end(whole)
    await until('back-pressure', () => upstream.writableLength > size / 2)
    t.ok(
      process.memoryUsage().external - before - size < 8_000_000,
      'memory grows by the sender’s own copy and little else',
    )
    let count = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', chunk => {
      count += chunk.length
    })
    client.socket.resume()
    await client.gone()
    t.equal(count, size)
    await until(
      'the stream to be over',
      async () => (await gateway.api('GET', '/v1/apps')).status === 200 && upstream.destroyed,
    )
  },
)

t.test('names and addresses that are not tor’s business are refused before tor', async t => {
  const gateway = await GatewayUnderTest.open(t, `${APPS}`)
  const port = await gateway.portOf('mail')
  const names = [
    'localhost',
    '127.0.0.1',
    '::1',
    '::ffff:10.0.0.1',
    '10.1.2.3',
    'router',
    'nas.local',
    'site.i2p',
    'x.exit',
    '169.254.169.254',
  ]
  for (const host of names) t.equal(await new Client({ port }).send(ask(host)).rest(), `0500${reply(2)}`, host)
  for (const host of ['a\0b.example', 'a b.example', '127.1', 'x'.repeat(254)]) {
    t.equal(await new Client({ port }).send(ask(host)).rest(), `0500${reply(1)}`, JSON.stringify(host))
  }
  t.equal(
    await new Client({ port }).send(hex('05 01 00 05 01 00 03 00 0050')).rest(),
    `0500${reply(1)}`,
    'an empty name',
  )
  t.equal(gateway.tor.connections, 0)
})

t.test(
  'isolation: each app and each of its credentials has its own at tor, and a renewal changes one app’s',
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const open = async (app: string, options = {}): Promise<string> => {
      const client = new Client({ port: await gateway.portOf(app) })
      await client.send(ask('echo.example', options)).take(12)
      client.socket.destroy()
      const { user, password } = gateway.tor.asked.at(-1) ?? { user: '', password: '' }
      return `${user} ${password}`
    }
    const variants = [
      {},
      { user: '', password: '' },
      { user: 'a' },
      { user: 'ab' },
      { user: 'a', password: 'b' },
      { user: '<torS0X>0x' },
    ]
    const mail = []
    for (const variant of variants) mail.push(await open('mail', variant))
    const chat = []
    for (const variant of variants) chat.push(await open('chat', variant))
    t.equal(new Set([...mail, ...chat]).size, 2 * variants.length)
    t.equal(await open('mail'), mail[0], 'ISO-02 the same app and credentials are the same at tor')
    t.equal(new Set(mail.map(both => both.split(' ')[0])).size, 1, 'one tag an app')
    const held = new Client({ port: await gateway.portOf('mail') })
    const other = new Client({ port: await gateway.portOf('chat') })
    await Promise.all([held.send(ask('echo.example')).take(12), other.send(ask('echo.example')).take(12)])
    t.match(await gateway.api('POST', '/v1/apps/mail/renew'), {
      status: 200,
      body: { id: 'mail', nymEpoch: 1, streamsClosed: 1 },
    })
    await held.gone()
    other.send('still here')
    t.equal(await other.take(10), Buffer.from('still here').toString('hex'), 'the other app notices nothing')
    t.not(await open('mail'), mail[0])
    t.equal(await open('chat'), chat[0])
  },
)

t.test('two gateways with one configuration, as in a fleet, give one app an identity each', async t => {
  const sent = []
  for (const gateway of [await GatewayUnderTest.open(t, APPS), await GatewayUnderTest.open(t, APPS)]) {
    const client = new Client({ port: await gateway.portOf('mail') })
    await client.send(ask('echo.example', { user: 'a', password: 'b' })).take(12)
    sent.push(gateway.tor.asked.at(-1))
  }
  const [one, other] = sent
  t.type(one?.user, 'string')
  t.not(one?.user, other?.user)
  t.not(one?.password, other?.password)
})

t.test('nothing survives a restart of the gateway but the ports', async t => {
  const gateway = await GatewayUnderTest.open(t, APPS)
  const before = await gateway.portOf('mail')
  await new Client({ port: before }).send(ask('echo.example')).take(12)
  await gateway.stop()
  await gateway.start()
  t.equal(await gateway.portOf('mail'), before)
  await new Client({ port: before }).send(ask('echo.example')).take(12)
  const [first, second] = gateway.tor.asked
  t.not(first?.user, second?.user)
  t.not(first?.password, second?.password)
})

t.test('TOR-02 a tor that stays silent is answered for at our own deadline, and a dead one at once', async t => {
  const gateway = await GatewayUnderTest.open(t, `${APPS}limits: { connectSeconds: 1 }\n`)
  const port = await gateway.portOf('mail')
  t.equal(await new Client({ port }).send(ask('silent.example')).rest(), `0500${reply(6)}`)
  await gateway.tor.close()
  t.equal(await new Client({ port }).send(ask('echo.example')).rest(), `0500${reply(1)}`)
})

t.test('RES-02 slow handshakes of one app are cut at its limits, and the other app is served', async t => {
  const gateway = await GatewayUnderTest.open(t, `${APPS}limits: { handshakesPerApp: 20, handshakeSeconds: 1 }\n`)
  const port = await gateway.portOf('mail')
  const slow = Array.from({ length: 60 }, () => new Client({ port }).send(Uint8Array.of(5)))
  await until('those over the limit to be closed', () => slow.filter(({ closed }) => closed).length >= 40)
  t.equal(
    await new Client({ port: await gateway.portOf('chat') }).send(ask('echo.example')).take(12),
    `0500${reply(0)}`,
  )
  await Promise.all(slow.map(client => client.gone()))
  t.equal(await new Client({ port }).send(ask('echo.example')).take(12), `0500${reply(0)}`, 'and then the app itself')
})

t.test(
  'RES-02 a gateway that was held up for longer than a handshake may take reads what had come in time',
  async t => {
    const gateway = await GatewayUnderTest.open(t, `${APPS}limits: { handshakeSeconds: 1 }\n`)
    const client = new Client({ port: await gateway.portOf('mail') })
    const bytes = ask('echo.example')
    t.equal(await client.send(bytes.subarray(0, 3)).take(2), '0500')
    // After it come the timers, and only then what is to be read.
    await new Promise(resolve => setImmediate(resolve))
    client.send(bytes.subarray(3))
    const until = performance.now() + 1200
    while (performance.now() < until);
    t.equal(await client.take(10), reply(0))
  },
)

t.test('streams over the limit are answered cleanly, and an idle one is ended', async t => {
  const gateway = await GatewayUnderTest.open(t, `${APPS}limits: { streamsPerApp: 2 }\n`)
  const port = await gateway.portOf('mail')
  const open = [new Client({ port }), new Client({ port })]
  for (const client of open) await client.send(ask('echo.example')).take(12)
  t.equal(await new Client({ port }).send(ask('echo.example')).rest(), `0500${reply(1)}`)
  // Only now: two looks at idle streams may come between any two lines of this test.
  await gateway.configure(`${APPS}limits: { streamsPerApp: 2, idleSeconds: 1 }\n`)
  gateway.reload()
  await Promise.all(open.map(client => client.gone()))
  t.equal(await new Client({ port }).send(ask('echo.example')).take(12), `0500${reply(0)}`)
})

t.test(
  'a port is for its owner’s processes alone',
  { skip: process.getuid?.() !== 0 && 'another user needs root' },
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const port = await gateway.portOf('mail')
    const run = async (...prefix: string[]): Promise<string> => {
      const program = `const s = require('net').connect(${port}, '127.0.0.1'); s.write(Buffer.from('050100', 'hex'))
      s.on('data', d => { console.log(d.toString('hex')); s.destroy() }).on('close', () => console.log('closed')).on('error', () => {})`
      const [command = '', ...args] = [...prefix, process.execPath, '-e', program]
      const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      child.stdout.on('data', chunk => {
        text += chunk
      })
      await new Promise(resolve => child.once('close', resolve))
      return text
    }
    t.equal(await run(), '0500\nclosed\n', 'the positive control')
    t.equal(await run('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'), 'closed\n')
  },
)

t.test('a port in use is named with app, port and program; the app’s socket and the other apps work', async t => {
  const [port] = await findFreePorts(1, new Set())
  const blocker = createServer()
  await new Promise<void>(resolve => blocker.listen(port, '127.0.0.1', resolve))
  const gateway = await GatewayUnderTest.open(t, `apps: { mail: { port: ${port} }, chat: {} }\n`)
  const { body } = await gateway.api('GET', '/v1/status')
  const { apps } = body as { apps: { id: string; trouble: string | null }[] }
  t.match(
    apps.find(({ id }) => id === 'mail')?.trouble,
    new RegExp(`port ${port} of app mail is in use by .+ \\(process ${process.pid}\\)`),
  )
  t.equal(
    await new Client({ port: await gateway.portOf('chat') }).send(ask('echo.example')).take(12),
    `0500${reply(0)}`,
  )
  t.match(await gateway.api('POST', '/v1/apps', { id: 'late', settings: { port } }), {
    status: 409,
    body: { code: 'GW_PORT_TAKEN' },
  })
  await new Promise(resolve => blocker.close(resolve))
  await until('the port to be taken again', async () => {
    const { body } = await gateway.api('GET', '/v1/status')
    return (body as { apps: { id: string; trouble: string | null }[] }).apps.every(({ trouble }) => trouble === null)
  })
})

t.test(
  'SUP-07 a changed configuration is followed without touching the streams of others; a bad one is named and not followed',
  async t => {
    const gateway = await GatewayUnderTest.open(t, APPS)
    const chat = new Client({ port: await gateway.portOf('chat') }).send(ask('echo.example'))
    const mail = new Client({ port: await gateway.portOf('mail') }).send(ask('echo.example'))
    await Promise.all([chat.take(12), mail.take(12)])
    await gateway.configure('apps: { chat: {}, news: { isolate: sometimes } }\n')
    gateway.reload()
    const trouble = await until('the mistake', async () => {
      const { body } = await gateway.api('GET', '/v1/status')
      return (body as { configurationTrouble: string | null }).configurationTrouble ?? false
    })
    t.match(trouble, /cordon\.yaml line 3: apps\.news\.isolate: found "sometimes"; allowed: one of app, host, stream/)
    mail.send('here')
    t.equal(await mail.take(4), Buffer.from('here').toString('hex'), 'the old configuration is live')
    await gateway.configure('apps: { chat: {}, news: {} }\n')
    await until('the new app, by the change of the file alone', () =>
      gateway.portOf('news').catch(() => false as const),
    )
    await mail.gone()
    chat.send('here')
    t.equal(await chat.take(4), Buffer.from('here').toString('hex'))
  },
)

t.test('where sockets are shared by group, its members may use the TCP ports, and nobody else', async t => {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-users-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  const layout = layOutRuntime(directory, 'group')
  await mkdir(layout.appsDirectory)
  const own = process.getuid?.() ?? -1
  const { gid } = userInfo()
  const users = choosePortUsers(layout)
  t.equal(users(own), true)
  t.equal(users(undefined), false, 'unknown means no')
  t.equal(users(4_000_000_000), false)
  const alone = choosePortUsers(layOutRuntime(directory))
  t.equal(alone(own), true)
  t.equal(alone(own + 1), false)
  // Somebody of /etc/passwd whose primary group is another than ours: first a stranger, then a member.
  const [, , uid, other] = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':').map(field => (/^\d+$/.test(field) ? Number(field) : field)))
    .find(fields => Number(fields[3]) > 0 && fields[3] !== gid) as [string, string, number, number]
  t.equal(users(uid), false)
  if (own !== 0) return t.comment('only root can give the directory to another group')
  await chown(layout.appsDirectory, own, other)
  t.equal(users(uid), true)
})
