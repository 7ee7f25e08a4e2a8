import { chmod, chown, lstat, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { type Ran, run } from '../../../deploy/dev/cordon-under-test.ts'
import { openScriptedControlPort } from '../../../shared/test/runtime/edge/scripted-control-port.ts'
import { findFreePorts } from '../../src/edge/free-ports.ts'
import { GatewayUnderTest } from '../gateway-under-test.ts'

/** Nobody in particular, and not us. */
const STRANGER = 65_534
const skip = process.getuid?.() === 0 ? false : 'only root can be another user'

const AS_US: readonly string[] = []
const AS_STRANGER = ['setpriv', '--reuid', String(STRANGER), '--clear-groups']

async function runAs(who: readonly string[], ...command: readonly string[]): Promise<Ran> {
  const [program = '', ...args] = [...who, ...command]
  return await run(program, args)
}

/** A gateway with all its doors, where nothing but the doors themselves keeps anybody out. */
async function openDoors(t: Test) {
  const [adminPort = 0, controlPort = 0] = await findFreePorts(2, new Set())
  const gateway = await GatewayUnderTest.open(
    t,
    `apps:\n  browser: { control: tor-browser, controlPort: ${controlPort} }\nadmin: { port: ${adminPort} }\n`,
  )
  const tor = await openScriptedControlPort(join(gateway.tor.directory, 'control.sock'), () => '250 OK\r\n')
  t.teardown(() => tor.close())
  const { gatewaySocket, appControlSocket, appSocket, directory } = gateway.layout
  const sockets = {
    admin: gatewaySocket,
    control: appControlSocket('browser' as never),
    app: appSocket('browser' as never),
  }
  for (const path of [gateway.directory, directory, ...Object.values(sockets).map(dirname)]) await chmod(path, 0o755)
  return { gateway, adminPort, controlPort, appPort: await gateway.portOf('browser'), sockets }
}

t.test('CTL-01 another user of this machine gets in by no door, with the token neither', { skip }, async t => {
  const { gateway, adminPort, controlPort, appPort, sockets } = await openDoors(t)
  const token = (await readFile(join(gateway.directory, 'state', 'admin-token'), 'utf8')).trim()
  const header = join(gateway.directory, 'header')
  await writeFile(header, `authorization: Bearer ${token}\n`, { mode: 0o644 })
  const askAdmin = ['curl', '-sS', '-m', '20', '-H', `@${header}`, `http://127.0.0.1:${adminPort}/v1/health`]
  t.match(await runAs(AS_US, ...askAdmin), { status: 0, stdout: /"state"/ }, 'the token is right')
  // 52: nothing was answered; 56: the connection was reset.
  const refused = await runAs(AS_STRANGER, ...askAdmin)
  t.ok([52, 56].includes(refused.status), `curl ${refused.status}: ${refused.stderr}`)

  const talk = (port: number, words: string): readonly string[] => [
    'bash',
    '-c',
    `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${words}' >&3 && head -c 2 <&3 | od -An -tx1`,
  ]
  for (const [port, words, answer] of [
    [controlPort, 'PROTOCOLINFO 1\\r\\n', / 32 35/],
    [appPort, '\\x05\\x01\\x00', / 05 00/],
  ] as const) {
    t.match((await runAs(AS_US, ...talk(port, words))).stdout, answer)
    t.equal((await runAs(AS_STRANGER, ...talk(port, words))).stdout.trim(), '', 'closed without a word')
  }

  for (const [name, path] of Object.entries(sockets)) {
    const connectTo = ['curl', '-sS', '-v', '-m', '20', '--unix-socket', path, 'http://cordon/v1/health']
    t.match((await runAs(AS_US, ...connectTo)).stderr, /Connected to/, `${name}: we do`)
    t.match(
      await runAs(AS_STRANGER, ...connectTo),
      { status: 7, stderr: /Permission denied|Couldn't connect|Could not connect/ },
      name,
    )
  }
})

t.test('CTL-11 what another user has put in the way is refused, and left as it is', { skip }, async t => {
  const { gateway, sockets } = await openDoors(t)
  await gateway.stop()
  await rm(sockets.admin, { force: true })
  await writeFile(sockets.admin, 'theirs')
  await chown(sockets.admin, STRANGER, STRANGER)
  await t.rejects(gateway.start(), { code: 'HOST_SOCKET_UNUSABLE' })
  t.equal(await readFile(sockets.admin, 'utf8'), 'theirs')
  t.equal((await lstat(sockets.admin)).uid, STRANGER)
  await rm(sockets.admin)

  const token = join(gateway.directory, 'state', 'admin-token')
  await chown(token, STRANGER, STRANGER)
  await t.rejects(gateway.start(), { code: 'CFG_UNREADABLE' }, 'a token that another knows')
  await chown(token, 0, 0)
  await gateway.start()
  t.match(await gateway.api('GET', '/v1/health'), { status: 200 }, 'and without them it starts')
})
