import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { until } from '../../../shared/test/until.ts'
import { findFreePorts } from '../../src/edge/free-ports.ts'

t.setTimeout(300_000)

const cordon = await CordonUnderTest.start()
const scratch = await mkdtemp(join(tmpdir(), 'cordon-control-'))
const started: ChildProcess[] = []
t.teardown(async () => {
  for (const child of started) child.kill('SIGKILL')
  await cordon.close()
  await rm(scratch, { recursive: true, force: true })
})

/** A free port outside the kernel's range, whose ports any connection may take meanwhile. */
async function findPort(): Promise<number> {
  const [port] = await findFreePorts(1, new Set())
  if (port === undefined) throw new Error('no port is free')
  return port
}

const controlPort = await findPort()
const browser = await cordon.add('browser', '--control', 'tor-browser', '--control-port', String(controlPort))
const other = await cordon.add('other', '--control', 'tor-browser')
await cordon.add('share', '--control', 'onionshare', '--control-port', String(await findPort()))
await cordon.add('plain')
const control = (app: string): string => join(cordon.directory, 'r', 'apps', `${app}.control`)

/** A program that speaks the control protocol itself. */
class ControlProgram {
  heard = ''
  closed = false
  readonly socket: Socket

  constructor(path: string) {
    this.socket = connect({ path })
    this.socket.on('data', bytes => {
      this.heard += bytes.toString('latin1')
    })
    this.socket
      .on('error', () => {})
      .on('close', () => {
        this.closed = true
      })
    t.teardown(() => this.socket.destroy())
  }

  async say(line: string, mark = '250 OK\r\n'): Promise<string> {
    this.heard = ''
    this.socket.write(`${line}\r\n`)
    return await until(`an answer to ${line}`, () => this.heard.includes(mark) && this.heard)
  }

  static async open(app: string): Promise<ControlProgram> {
    const program = new ControlProgram(control(app))
    await program.say('AUTHENTICATE')
    return program
  }
}

const visit = async (port: number, user: string, host = 'check.example'): Promise<void> => {
  const { status, stderr } = await run('curl', [
    '-sS',
    '-m',
    '60',
    '-o',
    '/dev/null',
    '-x',
    `socks5h://${user}:x@127.0.0.1:${port}`,
    `http://${host}/`,
  ])
  if (status !== 0) throw new Error(stderr)
}

t.test(
  'two apps subscribed at once: each hears of its own streams in its own words, and nothing of the other',
  async t => {
    const [mine, theirs] = [await ControlProgram.open('browser'), await ControlProgram.open('other')]
    for (const program of [mine, theirs]) await program.say('SETEVENTS STREAM CIRC STATUS_CLIENT')
    for (const program of [mine, theirs]) program.heard = ''
    await Promise.all([visit(browser, 'site-a'), visit(other, 'site-b')])
    const ended = (program: ControlProgram) => () => /650 STREAM \S+ CLOSED/.test(program.heard)
    await until('the end of the stream of the one', ended(mine))
    await until('the end of the stream of the other', ended(theirs))
    t.match(mine.heard, /650 CIRC 1 BUILT (\$[0-9A-F]{40}~\w+,){2,}\$/)
    t.match(mine.heard, /650 STREAM 1 SENTCONNECT 1 check\.example:80 .*SOCKS_USERNAME="site-a" SOCKS_PASSWORD="x"/)
    t.notMatch(mine.heard, 'site-b')
    t.match(theirs.heard, /SOCKS_USERNAME="site-b"/)
    t.notMatch(theirs.heard, 'site-a')
    t.match(await mine.say('GETINFO circuit-status stream-status'), /BUILT .*SOCKS_USERNAME="site-a"/)
    t.notMatch(mine.heard, 'site-b')
    t.match(await mine.say('GETINFO net/listeners/socks'), `250-net/listeners/socks="127.0.0.1:${browser}"`)
  },
)

t.test('NEWNYM renews this app and no other', async t => {
  const epochs = async () => {
    const { apps } = await cordon.circuits()
    return ['browser', 'other'].map(app => apps.find(({ id }) => id === app)?.nymEpoch)
  }
  const [before, otherBefore] = await epochs()
  const program = await ControlProgram.open('browser')
  await program.say('SIGNAL NEWNYM')
  t.same(await epochs(), [(before ?? 0) + 1, otherBefore])
})

t.test('CTL-09, CTL-12: endless lines, other protocols and strangers are cut off', async t => {
  const long = new ControlProgram(control('browser'))
  long.socket.write('A'.repeat(10_241))
  await until('the end of the long line', () => long.closed)
  const http = new ControlProgram(control('browser'))
  http.socket.write('POST / HTTP/1.1\r\nHost: x\r\n\r\nSIGNAL NEWNYM\r\n')
  await until('the end of HTTP', () => http.closed)
  t.match(http.heard, '514 Authentication required.')
  t.notMatch(http.heard, '250')
  const halfOpen = Array.from({ length: 100 }, () => new ControlProgram(control('browser')))
  await until('the hundred are cut down to the limit', () => halfOpen.filter(({ closed }) => closed).length >= 84)
  for (const program of halfOpen) program.socket.destroy()
  const again = await until('a good program is served again', async () => {
    const program = new ControlProgram(control('browser'))
    program.socket.write('AUTHENTICATE\r\n')
    await until('an answer or the end', () => program.closed || program.heard !== '')
    return program.heard.startsWith('250') && program
  })
  t.match(await again.say('SETCONF SocksPort=9999', '\r\n'), '510 Command filtered')
  t.match((await cordon.cordon('logs', '--json')).stdout, 'spoke something else on a control socket')
  await t.rejects(readFile(control('plain')), { code: 'ENOENT' }, 'an app without a profile has no control socket')
})

const STEM = `
import sys, stem.control, stem.connection
with stem.control.Controller.from_port(port=int(sys.argv[1])) as c:
    c.authenticate()
    print(c.get_version(), c.get_info('status/circuit-established'), c.get_listeners(stem.control.Listener.SOCKS))
    print(len(c.get_circuits()))
    try:
        c.set_conf('DisableNetwork', '1')
    except stem.ControllerError as e:
        print('refused:', e)
`

t.test('stem, over TCP', async t => {
  await visit(browser, 'site-c')
  const { status, stdout, stderr } = await run('/usr/bin/python3', ['-c', STEM, String(controlPort)])
  t.equal(status, 0, stderr)
  t.match(stdout, new RegExp(`^0\\.4\\.\\S+ .*1 \\[\\('127\\.0\\.0\\.1', ${browser}\\)\\]`))
  t.match(stdout, /refused: .*510/)
  t.match(stdout, /\n[1-9]\d*\n/, 'it sees the circuit of its app')
})

t.test('OnionShare shares a file, and another app fetches it from the onion address', async t => {
  const home = join(scratch, 'home')
  await mkdir(home)
  const shared = join(scratch, 'letter.txt')
  await writeFile(shared, 'from one app to another\n')
  const sharePort = (await cordon.status()).apps.find(({ id }) => id === 'share')?.control?.port
  const settings = join(scratch, 'onionshare.json')
  await writeFile(
    settings,
    JSON.stringify({
      connection_type: 'control_port',
      control_port_address: '127.0.0.1',
      control_port_port: sharePort,
      socks_address: '127.0.0.1',
      socks_port: browser,
      auth_type: 'no_auth',
    }),
  )
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: join(home, '.config'), PYTHONUNBUFFERED: '1' }
  const program = spawn('onionshare-cli', ['--config', settings, '--public', '--no-autostop-sharing', '-v', shared], {
    env,
  })
  started.push(program)
  let output = ''
  for (const stream of [program.stdout, program.stderr]) stream.on('data', chunk => (output += chunk))
  const address = await until(
    'an onion address',
    () => {
      if (program.exitCode !== null) throw new Error(output)
      return /http:\/\/([a-z2-7]{56}\.onion)/.exec(output)?.[1]
    },
    120_000,
  ).catch(cause => {
    throw new Error(`${cause}: ${output}`)
  })
  const letter = await until(
    'the file',
    async () => {
      const got = await run('curl', [
        '-sS',
        '-m',
        '60',
        '-x',
        `socks5h://127.0.0.1:${other}`,
        `http://${address}/download`,
        '-o',
        join(scratch, 'got'),
      ])
      return got.status === 0 && (await readFile(join(scratch, 'got')))
    },
    120_000,
  )
  const unpacked =
    letter.subarray(0, 2).toString('hex') === '1f8b'
      ? (await run('sh', ['-c', `zcat ${join(scratch, 'got')}`])).stdout
      : letter.toString()
  t.equal(unpacked, 'from one app to another\n')
  program.kill('SIGINT')
  await until('the service to be gone with its program', async () => {
    const program = await ControlProgram.open('share')
    const left = await program.say('GETINFO onions/current')
    program.socket.destroy()
    return !left.includes(address.slice(0, 56))
  })
})

t.test('an onion service cannot lead to a port that is not the app’s', async t => {
  const program = await ControlProgram.open('share')
  t.match(await program.say('ADD_ONION NEW:BEST Port=80,127.0.0.1:22', '\r\n'), '510 Command filtered')
  t.match(
    await program.say('ADD_ONION NEW:BEST Flags=DiscardPK Port=80,127.0.0.1:17602'),
    /250-ServiceID=[a-z2-7]{56}\r\n250 OK/,
  )
  const [, id] = /ServiceID=(\S+)/.exec(program.heard) ?? []
  t.match(await program.say(`DEL_ONION ${'a'.repeat(56)}`, '\r\n'), '552')
  t.match(await program.say(`DEL_ONION ${id}`), '250 OK')
})
