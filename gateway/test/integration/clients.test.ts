import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import t from 'tap'
import { CordonUnderTest, run } from '../../../deploy/dev/cordon-under-test.ts'
import { EXITS, OR_PORT } from '../../../deploy/lab/src/topology.ts'

t.setTimeout(300_000)

const cordon = await CordonUnderTest.start()
const scratch = await mkdtemp(join(tmpdir(), 'cordon-clients-'))
t.teardown(async () => {
  await cordon.close()
  await rm(scratch, { recursive: true, force: true })
})

const port = await cordon.add('client')
const authority = (await cordon.status()).lab?.authority ?? ''
const EXIT = /^198\.18\.2\.[1-4]$/

t.test('curl by SOCKS5, SOCKS5 with remote names, SOCKS4a and HTTP CONNECT, plain and TLS', async t => {
  const by = { socks5h: 'http://check.example/', socks4a: 'http://check.example/', http: 'https://check.example/' }
  for (const [scheme, url] of Object.entries(by)) {
    const proxy = `${scheme}://127.0.0.1:${port}`
    const { status, stdout, stderr } = await run('curl', ['-sS', '-m', '40', '-x', proxy, '--cacert', authority, url])
    t.equal(status, 0, `${scheme} ${stderr}`)
    t.match(JSON.parse(stdout), { remoteAddress: EXIT }, scheme)
  }
  const literal = [
    '-sS',
    '-m',
    '40',
    '-x',
    `socks5://127.0.0.1:${port}`,
    '-H',
    'Host: check.example',
    'http://198.18.80.1/',
  ]
  t.match(JSON.parse((await run('curl', literal)).stdout), { remoteAddress: EXIT }, 'socks5 with an address')
  if (Object.values(networkInterfaces()).some(all => all?.some(({ address }) => address === '::1'))) {
    const six = await run('curl', ['-sS', '-m', '40', '-x', `socks5h://[::1]:${port}`, 'http://check.example/'])
    t.match(JSON.parse(six.stdout), { remoteAddress: EXIT }, 'the port on ::1')
  }
  const local = [
    '-sS',
    '-m',
    '40',
    '-x',
    `socks5h://localhost${cordon.directory}/r/apps/client.sock`,
    'http://check.example/',
  ]
  t.match(JSON.parse((await run('curl', local)).stdout), { remoteAddress: EXIT }, 'the AF_UNIX port')
})

t.test('torsocks, which knows nothing of Cordon, with a program that knows nothing of proxies', async t => {
  const args = ['-a', '127.0.0.1', '-P', String(port), 'curl', '-sS', '-m', '40', 'http://check.example/']
  const { status, stdout, stderr } = await run('torsocks', args)
  t.equal(status, 0, stderr)
  t.match(JSON.parse(stdout), { remoteAddress: EXIT })
})

t.test('python by its own proxy settings, over TLS', async t => {
  const program =
    'import urllib.request; print(urllib.request.urlopen("https://check.example/", timeout=40).read().decode())'
  const env = { PATH: process.env['PATH'], https_proxy: `http://127.0.0.1:${port}`, SSL_CERT_FILE: authority }
  const { status, stdout, stderr } = await run('python3', ['-c', program], env)
  t.equal(status, 0, stderr)
  t.match(JSON.parse(stdout), { remoteAddress: EXIT })
})

t.test('git clones over HTTP with the environment of `cordon env`', async t => {
  const { stdout } = await cordon.cordon('env', 'client')
  const exports = Object.fromEntries(
    [...stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, key, value]) => [key, value]),
  )
  const env = { PATH: process.env['PATH'], HOME: scratch, GIT_CONFIG_NOSYSTEM: '1', ...exports }
  const work = join(scratch, 'work')
  const git = async (...args: string[]): Promise<string> => {
    const identity = ['-c', 'user.name=lab', '-c', 'user.email=lab@cordon.example', '-c', 'init.defaultBranch=main']
    const ran = await run('git', [...identity, ...args], env)
    t.equal(ran.status, 0, `git ${args[0]}: ${ran.stderr}`)
    return ran.stdout.trim()
  }
  await git('init', '-q', work)
  await git('-C', work, 'commit', '-q', '--allow-empty', '-m', 'a commit in the lab')
  await git('clone', '-q', '--bare', work, join(scratch, 'bare'))
  await git('-C', join(scratch, 'bare'), 'update-server-info')
  for (const file of await readdir(join(scratch, 'bare'), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const path = join(file.parentPath, file.name)
    const url = `http://files.example/sample.git/${relative(join(scratch, 'bare'), path)}`
    const put = await run('curl', ['-sS', '-f', '-T', path, '-x', `socks5h://127.0.0.1:${port}`, url])
    t.equal(put.status, 0, put.stderr)
  }
  await git('clone', '-q', 'http://files.example/sample.git', join(scratch, 'clone'))
  t.equal(await git('-C', join(scratch, 'clone'), 'log', '--format=%s'), 'a commit in the lab')
})

t.test('a browser loads a page of the lab through its app port', async t => {
  const flags = '--headless --disable-gpu --disable-quic --no-first-run --disable-background-networking'
  const quiet = '--disable-component-update --disable-sync --disable-default-apps --no-default-browser-check'
  // Chromium refuses its own sandbox as root, as which CI runs.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const { status, stdout, stderr } = await run(
    'chromium',
    [
      ...flags.split(' '),
      ...quiet.split(' '),
      ...sandbox,
      `--user-data-dir=${join(scratch, 'profile')}`,
      `--proxy-server=socks5://127.0.0.1:${port}`,
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--dump-dom',
      'http://check.example/page',
    ],
    { PATH: process.env['PATH'], HOME: scratch },
  )
  t.equal(status, 0, stderr)
  t.match(stdout, /<title>Cordon lab: 198\.18\.2\.[1-4]<\/title>/)
})

t.test('all of it was one app on circuits of its own', async t => {
  const { apps } = await cordon.circuits()
  t.same(
    apps.filter(({ own }) => !own).map(({ id }) => id),
    ['client'],
  )
  for (const { circuits } of apps) for (const { hops } of circuits) t.ok(hops.length >= 3)
})

t.test('TOR-04 with bridges every circuit begins at one, and tor speaks to nothing else', async t => {
  const { apps } = await cordon.circuits()
  const seen = new Map(
    apps.flatMap(({ circuits }) => circuits.flatMap(({ hops }) => hops.map(hop => [hop.nickname, hop]))),
  )
  const bridges = EXITS.filter(({ nickname }) => seen.has(nickname)).slice(0, 2)
  t.equal(bridges.length, 2)
  const lines = bridges.map(({ nickname, address }) => `'${address}:${OR_PORT} ${seen.get(nickname)?.fingerprint}'`)
  await cordon.down()
  await rm(join(cordon.directory, 's', 'lab'), { recursive: true })
  await writeFile(join(cordon.directory, 'cordon.yaml'), `tor: { bridges: { lines: [${lines.join(', ')}] } }\n`)
  await cordon.up()
  const { status, stdout, stderr } = await run('curl', [
    '-sS',
    '-m',
    '40',
    '-x',
    `socks5h://127.0.0.1:${port}`,
    'http://check.example/',
  ])
  t.equal(status, 0, stderr)
  t.match(JSON.parse(stdout), { remoteAddress: EXIT })

  const circuits = (await cordon.circuits()).apps.flatMap(app => app.circuits)
  t.ok(circuits.length > 0)
  const names = bridges.map(({ nickname }) => nickname)
  for (const { hops } of circuits) t.ok(names.includes(hops[0]?.nickname ?? ''), `${hops[0]?.nickname} is a bridge`)
  t.match(JSON.parse((await cordon.cordon('audit', '--json')).stdout), { verdict: 'held', streamsUnmatched: 0 })
  const peers = await peersOf(await cordon.pidOf('tor'))
  t.ok(peers.size > 0)
  t.same(
    [...peers].filter(peer => !bridges.some(({ address }) => peer === `${address}:${OR_PORT}`)),
    [],
  )
})

/** The far ends of the TCP connections of a process, as `ADDRESS:PORT`. */
async function peersOf(pid: number): Promise<ReadonlySet<string>> {
  const links = (await readdir(`/proc/${pid}/fd`)).map(fd => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))
  const sockets = new Set((await Promise.all(links)).flatMap(link => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  const peers = (await readFile(`/proc/${pid}/net/tcp`, 'utf8'))
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state !== LISTENING && inode !== undefined && sockets.has(inode))
    .map(([, , remote = '']) => remote.split(':').map(word => Buffer.from(word, 'hex')))
  return new Set(peers.map(([address, port]) => `${address?.reverse().join('.')}:${port?.readUInt16BE()}`))
}

/** State of a listening socket in /proc/net/tcp (proc(5)). */
const LISTENING = '0A'
