import { join } from 'node:path'
import type { Audit, GatewayStatus } from '@cordon/shared/contracts'
import t from 'tap'
import {
  openScriptedControlPort,
  type ScriptedControlPort,
} from '../../../shared/test/runtime/edge/scripted-control-port.ts'
import { ask, Client, GatewayUnderTest, reply, until } from '../gateway-under-test.ts'

/** Tor's own answer to a name that it is asked for, and the gateway's to what it does not send. */
const [BY_TOR, BY_US] = [reply(4), reply(1)]

/** What a tor says that is ready, has nothing open and no listener that is foreign. */
function answerAsTor(command: string): string {
  if (command.startsWith('GETINFO circuit-status'))
    return '250-circuit-status=\r\n250-stream-status=\r\n250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"\r\n250-status/circuit-established=1\r\n250 OK\r\n'
  if (!command.startsWith('GETINFO net/listeners')) return '250 OK\r\n'
  const keys = command.split(' ').slice(1)
  return `${keys.map(key => `250-${key}=\r\n`).join('')}250 OK\r\n`
}

t.test('whileUnknown: refuse lets nothing to tor unless isolation is held, and serve does', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\naudit: { whileUnknown: refuse }\n')
  const { tor } = gateway
  let safeLogging = 1
  const answerTo = (command: string): string => {
    if (command.startsWith('GETCONF'))
      return `250-SocksPort=unix:${tor.socksPath} IsolateSOCKSAuth\r\n250-ClientRejectInternalAddresses=1\r\n250 SafeLogging=${safeLogging}\r\n`
    return answerAsTor(command)
  }
  const openControl = async (): Promise<ScriptedControlPort> => {
    const control = await openScriptedControlPort(join(tor.directory, 'control.sock'), answerTo)
    t.teardown(() => control.close())
    return control
  }
  const verdict = async (wanted: string): Promise<void> => {
    await until(`isolation to be ${wanted}`, async () => {
      const { body } = await gateway.api('GET', '/v1/status')
      return (body as GatewayStatus).audit.verdict === wanted
    })
  }
  const port = await gateway.portOf('mail')
  /** Ask for what tor refuses: such a stream is over at once. */
  const open = async (): Promise<string> => {
    const client = new Client({ port }).send(ask('code-04.example'))
    const heard = (await client.rest()).slice('0500'.length)
    await client.gone()
    return heard
  }
  const expect = async (wanted: string, why: string): Promise<void> => {
    const before = tor.asked.length
    t.equal(await open(), wanted, why)
    t.equal(
      tor.asked.length - before,
      wanted === BY_TOR ? 1 : 0,
      `${why}: tor was ${wanted === BY_TOR ? '' : 'not '}asked`,
    )
  }

  await expect(BY_US, 'before tor was found')
  const first = await openControl()
  await verdict('held')
  await expect(BY_TOR, 'held')
  safeLogging = 0
  first.say('650-CONF_CHANGED\r\n650-SafeLogging=0\r\n650 OK\r\n')
  await verdict('unknown')
  await expect(BY_US, 'drift')
  safeLogging = 1
  first.say('650-CONF_CHANGED\r\n650-SafeLogging=1\r\n650 OK\r\n')
  await verdict('held')
  await expect(BY_TOR, 'mended')
  first.close()
  await verdict('unknown')
  await expect(BY_US, 'the control connection is lost')
  const second = await openControl()
  await verdict('held')
  await expect(BY_TOR, 'found again')

  second.close()
  await verdict('unknown')
  await expect(BY_US, 'lost again')
  await gateway.configure('apps: { mail: {} }\naudit: { whileUnknown: serve }\n')
  await until('the new setting', async () => (await open()) === BY_TOR)
})

t.test('a breach that was told back is past when a person says so, and from then on new streams pass', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\naudit: { whileUnknown: refuse }\n')
  const { tor } = gateway
  let flags = 'IsolateSOCKSAuth'
  const answerTo = (command: string): string => {
    if (command.startsWith('GETCONF')) return `250 SocksPort=unix:${tor.socksPath} ${flags}\r\n`
    return answerAsTor(command)
  }
  const control = await openScriptedControlPort(join(tor.directory, 'control.sock'), answerTo)
  t.teardown(() => control.close())
  const port = await gateway.portOf('mail')
  const open = async (): Promise<string> => (await new Client({ port }).send(ask('code-04.example')).rest()).slice(4)
  const audit = async (): Promise<Audit> => (await gateway.api('GET', '/v1/audit')).body
  const say = async (wanted: string): Promise<void> => {
    flags = wanted
    control.say('650-CONF_CHANGED\r\n650-SocksPort\r\n650 OK\r\n')
  }
  const acknowledge = async (): Promise<Audit> => (await gateway.api('POST', '/v1/audit/acknowledge')).body
  await until('held', async () => (await audit()).verdict === 'held')
  await say('NoIsolateSOCKSAuth')
  await until('the breach', async () => (await audit()).verdict === 'breached')
  t.match(await acknowledge(), { verdict: 'breached' }, 'it is still so')
  await say('IsolateSOCKSAuth')
  await until('the cure', async () => (await audit()).drift.length === 0)
  t.match(await audit(), { verdict: 'breached' }, 'nobody has seen it')
  t.equal(await open(), BY_US)
  t.match(await acknowledge(), { verdict: 'held', violations: [], past: [{ kind: 'not-isolating' }, {}] })
  t.equal(await open(), BY_TOR)
  t.match(await gateway.api('GET', '/v1/status'), { body: { audit: { verdict: 'held' } } })
})

t.test('a tor that tells of changes without end is asked about them one look at a time', async t => {
  const gateway = await GatewayUnderTest.open(t)
  let looks = 0
  const answerTo = (command: string): string => {
    if (command.startsWith('GETCONF')) looks += 1
    return answerAsTor(command)
  }
  const control = await openScriptedControlPort(join(gateway.tor.directory, 'control.sock'), answerTo)
  t.teardown(() => control.close())
  await until('the first look', () => looks === 1)
  control.say('650-CONF_CHANGED\r\n650-SafeLogging=0\r\n650 OK\r\n'.repeat(1000))
  await until('another look', () => looks > 1)
  await gateway.api('PUT', '/v1/clock', { state: 'trusted' })
  control.say('650-CONF_CHANGED\r\n650-SafeLogging=0\r\n650 OK\r\n')
  const before = looks
  await until('what is changed later is looked at too', () => looks > before)
  t.ok(looks < 50, `${looks} looks for a thousand changes`)
})

t.test('a stream that ends before tor is asked for it is none that tor must tell of', async t => {
  const gateway = await GatewayUnderTest.open(t, 'apps: { mail: {} }\n')
  const { tor } = gateway
  const port = await gateway.portOf('mail')
  const opened = async (): Promise<number> => ((await gateway.api('GET', '/v1/audit')).body as Audit).streamsOpened
  tor.isMute = true
  const client = new Client({ port }).send(ask('code-04.example'))
  await until('the greeting', () => tor.connections === 1)
  client.socket.destroy()
  await client.gone()
  t.equal(await opened(), 0)
  tor.isMute = false
  await new Client({ port }).send(ask('code-04.example')).rest()
  t.equal(await opened(), 1, 'and one that was asked for is')
})
