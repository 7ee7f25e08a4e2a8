import { readdir, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openScriptedControlPort } from '../../../shared/test/runtime/edge/scripted-control-port.ts'
import { Client, GatewayUnderTest, until } from '../gateway-under-test.ts'

const SERVICE = 'a'.repeat(56)
const SHARE = 'apps:\n  share:\n    control: onionshare\n'

/** A gateway with an app that may make onion services, and a tor that answers ADD_ONION as `onion` says. */
async function open(t: Test, { onion = `250-ServiceID=${SERVICE}\r\n250 OK\r\n`, configuration = SHARE } = {}) {
  const gateway = await GatewayUnderTest.open(t, configuration)
  const seen: string[] = []
  const tor = await openScriptedControlPort(join(gateway.tor.directory, 'control.sock'), command => {
    seen.push(command)
    if (command.startsWith('GETINFO circuit-status stream-status')) {
      const bootstrap = '250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"\r\n'
      const more = command.includes('bootstrap') ? `${bootstrap}250-status/circuit-established=1\r\n` : ''
      return `250-circuit-status=\r\n250-stream-status=\r\n${more}250 OK\r\n`
    }
    if (command.startsWith('ADD_ONION')) return onion
    return '250 OK\r\n'
  })
  t.teardown(() => tor.close())
  const path = gateway.layout.appControlSocket('share' as never)
  return { gateway, tor, seen, path, call: () => callControl(path) }
}

/** The newest command of that name that tor was sent; the gateway has questions of its own. */
const newest = (seen: readonly string[], name: string): string => seen.findLast(line => line.startsWith(name)) ?? ''

async function callControl(path: string) {
  const client = new Client({ path })
  const say = async (line: string): Promise<string> => {
    client.heard = Buffer.alloc(0)
    client.send(`${line}\r\n`)
    await until(`an answer to ${line}`, () => /^\d{3} .*\r\n/m.test(client.heard.toString('latin1')) || client.closed)
    return client.heard.toString('latin1')
  }
  await until('authentication', async () => (await say('AUTHENTICATE')).startsWith('250'))
  return { client, say }
}

t.test('an onion service leads to the port of the app and nowhere else, and is gone with its program', async t => {
  const { gateway, seen, call } = await open(t)
  const echo = await listen(t, OF_ONIONSHARE)
  const { client, say } = await call()
  t.match(
    await say(`ADD_ONION NEW:BEST Flags=DiscardPK Port=80,${echo.port}`),
    `250-ServiceID=${SERVICE}\r\n250 OK\r\n`,
  )
  const [, target] =
    /^ADD_ONION NEW:ED25519-V3 Flags=DiscardPK Port=80,unix:(\S+)$/.exec(newest(seen, 'ADD_ONION')) ?? []
  t.ok(target?.startsWith(gateway.layout.onionDirectory))
  t.equal(await exchange(target ?? '', 'hello'), 'hello')
  t.equal(echo.count, 1)
  client.socket.end()
  await until('the target to be gone', async () => (await readdir(gateway.layout.onionDirectory)).length === 0)
})

t.test('the service of a confined app leads inside, also when nobody answers there', async t => {
  const { gateway, seen, call } = await open(t)
  const outside = await listen(t, OF_ONIONSHARE)
  const ports: number[] = []
  const inward = await listen(t, [{ path: gateway.layout.appInwardSocket('share' as never) }], socket => {
    socket.once('data', (bytes: Buffer) => {
      ports.push(bytes.readUInt16BE())
      socket.write(Uint8Array.of(0))
      socket.write('early ')
      socket.pipe(socket)
    })
  })
  const { say } = await call()
  await say(`ADD_ONION NEW:BEST Port=80,${outside.port}`)
  const [, target = ''] = /unix:(\S+)$/.exec(newest(seen, 'ADD_ONION')) ?? []
  t.equal(await exchange(target, 'hello'), 'early hello')
  t.same(ports, [outside.port])
  inward.close()
  await rm(gateway.layout.appInwardSocket('share' as never), { force: true })
  t.equal(await exchange(target, 'hello'), '', 'and not to the machine’s own port, once it is inside')
  t.equal(outside.count, 0)
})

t.test('what tor says of a service right behind its answer reaches the program that made it', async t => {
  const descriptor = `650 HS_DESC UPLOADED ${SERVICE} UNKNOWN $AB3677892BEA5C6A68E4DE90AB2D67E0383A9851\r\n`
  const { call } = await open(t, { onion: `250-ServiceID=${SERVICE}\r\n250 OK\r\n${descriptor}` })
  const { client, say } = await call()
  await say('SETEVENTS HS_DESC')
  await say('ADD_ONION NEW:BEST Flags=DiscardPK Port=80,17644')
  await until('the event', () => client.heard.toString().includes(`650 HS_DESC UPLOADED ${SERVICE}`))
})

t.test('a confined app that goes without a word leaves nobody waiting at its service', async t => {
  const { gateway, seen, call } = await open(t)
  await listen(t, [{ path: gateway.layout.appInwardSocket('share' as never) }], socket => {
    socket.once('data', () => socket.end())
  })
  const { say } = await call()
  await say('ADD_ONION NEW:BEST Port=80,17645')
  const [, target = ''] = /unix:(\S+)$/.exec(newest(seen, 'ADD_ONION')) ?? []
  t.equal(await exchange(target, 'hello'), '')
})

t.test('what tor refuses is refused, and leaves nothing behind', async t => {
  const { gateway, call } = await open(t, { onion: '550 Onion address collision\r\n' })
  const { say } = await call()
  t.equal(await say('ADD_ONION NEW:BEST Port=80,17644'), '550 Onion address collision\r\n')
  t.same(await readdir(gateway.layout.onionDirectory), [])
})

t.test('a profile has a limit of services', async t => {
  let count = 0
  const { call } = await open(t, { configuration: 'apps:\n  share:\n    control: bitcoind\n' })
  const { say } = await call()
  const add = () => say(`ADD_ONION NEW:BEST Port=80,${20_000 + count++}`)
  t.match(await add(), '250 OK')
  t.match(await add(), '550 Too many onion services')
  t.match(await say(`DEL_ONION ${SERVICE}`), '250 OK')
  t.match(await add(), '250 OK')
})

t.test('the limit of services is the app’s, whichever of its programs makes them', async t => {
  const { gateway, call } = await open(t, { configuration: 'apps:\n  share:\n    control: bitcoind\n' })
  const [one, other] = [await call(), await call()]
  t.match(await one.say('ADD_ONION NEW:BEST Port=80,20000'), '250 OK')
  t.match(await other.say('ADD_ONION NEW:BEST Port=80,20001'), '550 Too many onion services')
  one.client.socket.destroy()
  await until('the target to be gone', async () => (await readdir(gateway.layout.onionDirectory)).length === 0)
  t.match(await other.say('ADD_ONION NEW:BEST Port=80,20001'), '250 OK', 'another program may have it then')
})

t.test('CTL-04: one line of an app is one command of tor or none', async t => {
  const { seen, call } = await open(t)
  const hostile = [
    'ADD_ONION ED25519-V3:"x"\\r\\nSETCONF Port=80,17644',
    'ADD_ONION NEW:BEST Port=80,17644 ClientAuthV3=a"b',
    `ADD_ONION NEW:BEST Port=80,17644 ClientAuthV3=${'A'.repeat(52)}\tX`,
    'DEL_ONION "a b"',
    'DEL_ONION ../x',
    'GETINFO onions/current\tcircuit-status',
    'SIGNAL NEWNYM\tSHUTDOWN',
  ]
  const { say } = await call()
  const before = seen.length
  for (const line of hostile) t.match(await say(line), /^5\d\d /, line)
  t.same(
    seen.slice(before).filter(command => !/^(GET|SETEVENTS)/.test(command)),
    [],
  )
  for (const line of ['GETINFO version\rSIGNAL SHUTDOWN', 'GETINFO version\nSIGNAL SHUTDOWN', 'GETINFO version\0']) {
    const { client } = await call()
    const asked = seen.length
    client.send(`${line}\r\n`)
    await until('the end', () => client.ended || client.closed)
    t.notMatch(seen.slice(asked).join(), 'SHUTDOWN', 'broken lines end the connection')
  }
})

t.test('without tor nobody authenticates; when tor says what cannot be read, programs are cut off', async t => {
  const alone = await GatewayUnderTest.open(t, SHARE)
  const stranded = new Client({ path: alone.layout.appControlSocket('share' as never) })
  stranded.send('AUTHENTICATE\r\n')
  await until('a refusal', () => stranded.heard.toString().startsWith('551 '))
  const { tor, call } = await open(t)
  const { client } = await call()
  tor.say('650 STREAM 1 NEW\r\n')
  await until('the end', () => client.ended || client.closed)
})

t.test('a program that does not read is cut off, and holds up nobody', async t => {
  const { gateway, tor, call } = await open(t)
  const { client, say } = await call()
  await say('SETEVENTS STATUS_CLIENT')
  await until('the gateway’s connection and the program’s', () => tor.connections === 2)
  client.socket.pause()
  const line = `650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=50 TAG=x SUMMARY="${'x'.repeat(1000)}"\r\n`
  await until('the cut', () => {
    if (tor.connections === 2) tor.say(line.repeat(100))
    return tor.connections === 1
  })
  client.socket.resume()
  await until('the end', () => client.ended || client.closed)
  t.match((await gateway.api('GET', '/v1/status')).body, { tor: { control: 'connected' } })
})

t.test('settings are followed while the gateway runs', async t => {
  const { gateway, call, path } = await open(t)
  const { client } = await call()
  await gateway.configure('apps:\n  share: {}\n')
  await until(
    'the end of the socket and its programs',
    async () => (client.ended || client.closed) && !(await canConnect(path)),
  )
  await gateway.configure('apps:\n  share:\n    control: bitcoind\n')
  t.ok(await until('the socket', () => canConnect(path)))
})

/** Ports that OnionShare's service may lead to: one of them is free, also beside another run of this test. */
const OF_ONIONSHARE = Array.from({ length: 51 }, (_, at) => ({ host: '127.0.0.1', port: 17_600 + at }))

/** Listen at the first of these places that is free. */
async function listen(
  t: Test,
  places: readonly ({ readonly host: string; readonly port: number } | { readonly path: string })[],
  serve: (socket: Socket) => void = socket => void socket.pipe(socket),
): Promise<{ count: number; port: number; close(): void }> {
  const seen = { count: 0, port: 0, close: () => void server.close() }
  const server: Server = createServer(socket => {
    seen.count += 1
    socket.on('error', () => {})
    serve(socket)
  })
  t.teardown(() => server.close())
  for (const place of places) {
    const isOpen = await new Promise(resolve => {
      server.removeAllListeners('error').once('error', () => resolve(false))
      server.listen(place, () => resolve(true))
    })
    if (!isOpen) continue
    seen.port = 'port' in place ? place.port : 0
    return seen
  }
  throw new Error('none of these places is free')
}

/** Send one thing and give all that comes back. */
async function exchange(path: string, text: string): Promise<string> {
  const client = new Client({ path })
  client.send(text)
  await until('an answer or the end', () => client.closed || client.ended || client.heard.length >= text.length)
  client.socket.end()
  await until('the end', () => client.closed || client.ended)
  return client.heard.toString()
}

async function canConnect(path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const socket = connect({ path }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
