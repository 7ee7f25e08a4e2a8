import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mock } from 'node:test'
import { openTelemetry } from '@cordon/shared/telemetry/edge'
import { getConf, getInfo, setConf } from '@cordon/shared/tor-control'
import t from 'tap'
import { openScriptedControlPort, PROTOCOL_INFO } from '../../../shared/test/runtime/edge/scripted-control-port.ts'
import { CircuitTable } from '../../src/audit/index.ts'
import { TorLink } from '../../src/edge/tor-link.ts'
import { until } from '../gateway-under-test.ts'

const directory = await mkdtemp(join(tmpdir(), 'cordon-link-'))
t.teardown(() => rm(directory, { recursive: true }))

const bootstrap = (percent: number): string => `NOTICE BOOTSTRAP PROGRESS=${percent} TAG=x SUMMARY="x"`
const state = (percent: number, circuits: string, established: number): string =>
  [
    `250+circuit-status=\r\n${circuits}.`,
    '250-stream-status=',
    `250-status/bootstrap-phase=${bootstrap(percent)}`,
    `250-status/circuit-established=${established}`,
    '250 OK\r\n',
  ].join('\r\n')
const event = (percent: number): string => `650 STATUS_CLIENT ${bootstrap(percent)}\r\n`
const ESTABLISHED = '650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n'

/** A link to a tor that answers the question for its state with `answer`, in one write; `answerTo` may say otherwise. */
async function linkTo(
  t: { teardown(end: () => void): void },
  answer: string,
  answerTo: (command: string) => string | undefined = () => undefined,
) {
  const socketPath = join(directory, String(Math.random()))
  const commands: string[] = []
  const port = await openScriptedControlPort(socketPath, command => {
    commands.push(command)
    return answerTo(command) ?? (command.startsWith('GETINFO') ? answer : '250 OK\r\n')
  })
  t.teardown(() => port.close())
  const table = new CircuitTable()
  let losses = 0
  const connected = Promise.withResolvers<void>()
  const link = new TorLink({
    socketPath,
    password: 'x',
    audience: {
      take: event => void table.apply(event),
      adopt: (...all) => table.adopt(...all),
      lose: () => table.clear(),
      count: () => {},
    },
    onConfigurationChanged: () => {},
    onConnected: () => connected.resolve(),
    onLost: () => {
      losses += 1
    },
    telemetry: openTelemetry({ part: 'gateway', strict: true }),
  })
  t.teardown(() => link.stop())
  await connected.promise
  return { link, table, port, commands, losses: () => losses }
}

t.test('events after the state that tor told, in the same read, are newer than it', async t => {
  const built = '650 CIRC 7 BUILT $AB3677892BEA5C6A68E4DE90AB2D67E0383A9851~a PURPOSE=GENERAL\r\n'
  const closed = '650 CIRC 5 CLOSED PURPOSE=GENERAL REASON=FINISHED\r\n'
  const before = '5 BUILT $AB3677892BEA5C6A68E4DE90AB2D67E0383A9851~a PURPOSE=GENERAL\r\n'
  const { link, table } = await linkTo(t, state(95, before, 0) + event(100) + ESTABLISHED + built + closed)
  t.match(link.state, { control: 'connected', progress: 100, circuitEstablished: true })
  t.same(
    table.circuits.map(({ id }) => id),
    ['7'],
  )
})

t.test('events before the state that tor told are older than it', async t => {
  const { link } = await linkTo(t, event(50) + ESTABLISHED + state(100, '', 1))
  t.match(link.state, { control: 'connected', progress: 100, circuitEstablished: true })
})

t.test('and what is said later holds', async t => {
  const { link, port } = await linkTo(t, state(100, '', 1))
  port.say('650 STATUS_CLIENT NOTICE CIRCUIT_NOT_ESTABLISHED REASON=CLOCK_JUMPED\r\n')
  await until('the loss of circuits', () => !link.state.circuitEstablished)
  t.match(link.state, { control: 'connected', progress: 100 })
})

t.test('what tor may not say is no crash and no claim: the connection is dropped, and nothing is known', async t => {
  const cases: Readonly<Record<string, string>> = {
    'an unbalanced quote': '650 STREAM 1 NEW 0 x:80 SOCKS_USERNAME="x\r\n',
    'a keyword twice': '650 STREAM 1 NEW 0 x:80 SOCKS_USERNAME="x" SOCKS_USERNAME="y"\r\n',
    'a CR in a value': '650 CIRC 1 LAUNCHED PURPOSE=a\rb\r\n',
    'a bare LF': '650 CIRC 1 LAUNCHED\n',
    'a line of 1 MB': `650 CIRC 1 LAUNCHED PURPOSE=${'x'.repeat(1_000_000)}\r\n`,
    'data without end': `650+CIRC\r\n${`${'x'.repeat(60_000)}\r\n`.repeat(80)}`,
    'an answer nobody asked for': '250 OK\r\n',
    'a path of nonsense': '650 CIRC 1 BUILT not-a-relay\r\n',
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const { link, port, losses } = await linkTo(t, state(100, '', 1))
    t.equal(link.state.control, 'connected')
    port.say(bytes)
    await until(name, () => losses() > 0)
    t.pass(name)
    link.stop()
  }
})

t.test('CTL-04 what would end a line is refused in every argument, and the rest is exactly one command', async t => {
  const { link, commands } = await linkTo(t, state(100, '', 1))
  const before = commands.length
  for (const bad of ['\r', '\n', '\0', '\r\nSIGNAL HALT\r\n']) {
    await t.rejects(link.tell(getInfo([`ns/id/x${bad}`])), { code: 'TOR_COMMAND_ILLEGAL' })
    await t.rejects(link.tell(setConf([['Bridge', `a${bad}b`]])), { code: 'TOR_COMMAND_ILLEGAL' })
    await t.rejects(link.tell(getConf([`SocksPort${bad}`])), { code: 'TOR_COMMAND_ILLEGAL' })
  }
  for (const bad of ['"', ' x']) await t.rejects(link.tell(getInfo([`ns/id/${bad}`])), { code: 'TOR_COMMAND_ILLEGAL' })
  t.equal(commands.length, before, 'nothing of it was sent')
  await link.tell(setConf([['Bridge', 'a "quoted" \\ backslash']]))
  t.same(commands.slice(before), [String.raw`SETCONF Bridge="a \"quoted\" \\ backslash"`])
})

t.test('a connection that ends while it is being taken into use is followed by one, not by two', async t => {
  // Its wait between two attempts is over when the test says so.
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  let subscriptions = 0
  const opened = linkTo(t, state(100, '', 1), command => {
    if (!command.startsWith('SETEVENTS')) return undefined
    subscriptions += 1
    return subscriptions === 1 ? '650 CIRC 1 BUILT not-a-relay\r\n' : undefined
  })
  const { link, port, losses } = await soon(opened, () => mock.timers.tick(5000))
  t.equal(link.state.control, 'connected')
  t.equal(losses(), 1)
  t.equal(subscriptions, 2)
  t.equal(port.connections, 1)
})

t.test('a link that is stopped while it connects leaves no connection behind', async t => {
  let ends = 0
  const socketPath = join(directory, 'stopped')
  const server = createServer(socket => {
    socket.on('data', chunk => socket.write(String(chunk).startsWith('PROTOCOLINFO') ? PROTOCOL_INFO : '250 OK\r\n'))
    socket.on('close', () => {
      ends += 1
    })
  }).listen(socketPath)
  t.teardown(() => server.close())
  const link = new TorLink({
    socketPath,
    password: 'x',
    audience: { take: () => {}, adopt: () => {}, lose: () => {}, count: () => {} },
    onConfigurationChanged: () => {},
    onConnected: () => t.fail('it was stopped'),
    onLost: () => {},
    telemetry: openTelemetry({ part: 'gateway', strict: true }),
  })
  link.stop()
  await until('the end of the connection', () => ends === 1)
  t.equal(link.state.control, 'lost')
})

/** Wait for `opened`, and let time pass at each turn of the loop. */
async function soon<T>(opened: Promise<T>, pass: () => void): Promise<T> {
  let isOpen = false
  void opened.then(() => {
    isOpen = true
  })
  while (!isOpen) {
    await new Promise(resolve => setImmediate(resolve))
    pass()
  }
  return await opened
}
