/** System mode with real users: each part under its own, sockets shared by group, the supervisor watching. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LabDescription, Status } from '@cordon/shared/contracts'
import t, { type Test } from 'tap'
import { run } from '../../../../deploy/dev/cordon-under-test.ts'
import { readLabDescription } from '../../src/edge/lab-part.ts'
import { until } from './cordon.ts'

const CORDON = fileURLToPath(new URL('../../bin/cordon.js', import.meta.url))
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))

/** Numbers that no distribution gives out. A user's own group has its number. */
const TOR = 64_201
const REDIS = 64_202
const CORDON_USER = 64_203
const WATCHER = 64_204
const PERSON = 64_205
const STRANGER = 64_206
const CLOCK = 64_207
const UPDATES = 64_208
const DNS = 64_209
/** People and parts that may use Cordon. */
const CORDON_GROUP = 64_210

/** curl(1): EXIT CODES. */
const COULD_NOT_CONNECT = 7

interface User {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}
const USERS = {
  tor: { uid: TOR, gid: TOR, groups: [] },
  redis: { uid: REDIS, gid: REDIS, groups: [] },
  gateway: { uid: CORDON_USER, gid: CORDON_GROUP, groups: [TOR, REDIS] },
  clock: { uid: CLOCK, gid: CORDON_GROUP, groups: [REDIS] },
  updates: { uid: UPDATES, gid: CORDON_GROUP, groups: [REDIS] },
  dns: { uid: DNS, gid: CORDON_GROUP, groups: [REDIS] },
  watcher: { uid: WATCHER, gid: CORDON_GROUP, groups: [TOR, REDIS] },
  person: { uid: PERSON, gid: PERSON, groups: [CORDON_GROUP] },
  stranger: { uid: STRANGER, gid: STRANGER, groups: [] },
} satisfies Record<string, User>

/** Put in front of a command what makes it another user's. */
function as({ uid, gid, groups }: User, command: readonly string[]): readonly string[] {
  const supplementary = groups.length === 0 ? ['--clear-groups'] : [`--groups=${groups.join(',')}`]
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, ...supplementary, '--no-new-privs', '--', ...command]
}

const runAs = (user: User, command: readonly string[]) => {
  const [program = '', ...args] = as(user, command)
  return run(program, args)
}

/** A machine set up as tmpfiles.d does it: one directory for each part, of its user and of the group that may use it. */
function setUp(t: Test): string {
  const base = mkdtempSync(join(tmpdir(), 'cordon-sys-'))
  t.teardown(() => rmSync(base, { recursive: true, force: true }))
  chmodSync(base, 0o755)
  const make = (path: string, uid: number, gid: number, mode: number): void => {
    mkdirSync(join(base, path))
    chownSync(join(base, path), uid, gid)
    chmodSync(join(base, path), mode)
  }
  make('run', 0, 0, 0o755)
  make('run/tor', TOR, TOR, 0o2750)
  make('run/redis', REDIS, REDIS, 0o2750)
  make('run/gateway', CORDON_USER, CORDON_GROUP, 0o2750)
  make('run/apps', CORDON_USER, CORDON_GROUP, 0o2750)
  make('run/supervisor', WATCHER, CORDON_GROUP, 0o2750)
  make('run/clock', CLOCK, CORDON_GROUP, 0o2750)
  make('run/updates', UPDATES, CORDON_GROUP, 0o2750)
  make('run/dns', DNS, CORDON_GROUP, 0o2750)
  make('state', 0, 0, 0o755)
  for (const [part, { uid }] of Object.entries(USERS)) make(`state/${part}`, uid, uid, 0o700)
  make('lab', 0, 0, 0o755)
  writeFileSync(join(base, 'cordon.yaml'), 'apps: { mail: {} }\n', { mode: 0o644 })
  return base
}

const directoriesOf = (base: string, part: string): readonly string[] => [
  ...['--config', join(base, 'cordon.yaml'), '--runtime-dir', join(base, 'run')],
  ...['--state-dir', join(base, 'state', part)],
]

/** Start a program that ends with the test; what it says is shown if it ends before. */
function start(t: Test, command: readonly string[]): ChildProcess {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      said = (said + chunk).slice(-4000)
    })
  }
  let stopping = false
  child.once('exit', status => stopping || t.comment(`${args.at(-1)} ended with ${status}: ${said}`))
  t.teardown(async () => {
    stopping = true
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  })
  return child
}

/** The shared lab is private to its user; tor's user is told of it as a lab with `--access group` would tell. */
async function passOnLab(t: Test, base: string, directory: string): Promise<LabDescription> {
  const description = await readLabDescription(directory)
  const server = createServer(connection => {
    connection.on('error', () => {})
    connection.end(`${JSON.stringify(description)}\n`)
  })
  await new Promise<void>(resolve => server.listen(join(base, 'lab', 'lab.sock'), resolve))
  chmodSync(join(base, 'lab', 'lab.sock'), 0o666)
  t.teardown(() => new Promise(resolve => server.close(resolve)))
  return description
}

/** Say why this machine cannot play several users, or false. */
async function whyNot(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'only root can be several users'
  const tried = await runAs(USERS.stranger, [process.execPath, CORDON, '--help'])
  return tried.status === 0 ? false : 'another user cannot read this checkout'
}

const skip = await whyNot()
const labDirectory = process.env['CORDON_TEST_LAB'] ?? ''

t.setTimeout(400_000)

t.test(
  'parts under users of their own meet over sockets of their groups, and nobody else gets in',
  { skip },
  async t => {
    const base = setUp(t)
    const lab = await passOnLab(t, base, labDirectory)
    const node = process.execPath
    const network = ['nsenter', `--net=/proc/${lab.pid}/ns/net`, '--']
    const part = (name: string): readonly string[] => [node, CORDON, 'part', name, ...directoriesOf(base, name)]
    start(t, [...network, ...as(USERS.tor, [...part('tor'), '--lab-dir', join(base, 'lab')])])
    start(t, as(USERS.redis, part('redis')))
    const programs = [
      ['gateway', 'gateway/src/main.ts'],
      ['dns', 'services/dns/src/main.ts'],
      ['clock', 'services/clock/src/main.ts'],
      ['updates', 'services/updates/src/main.ts'],
    ] as const
    for (const [name, entry] of programs) {
      start(t, as(USERS[name], [node, join(ROOT, entry), ...directoriesOf(base, name), '--access', 'group']))
    }
    start(t, as(USERS.watcher, [node, CORDON, 'up', '--system', '--json', ...directoriesOf(base, 'watcher')]))

    const ask = (user: User, ...args: readonly string[]) =>
      runAs(user, [
        node,
        CORDON,
        '--json',
        '--runtime-dir',
        join(base, 'run'),
        '--state-dir',
        join(base, 'none'),
        ...args,
      ])
    const status = await until(
      'readiness',
      async () => {
        const { stdout } = await ask(USERS.person, 'status')
        const seen = (stdout === '' ? undefined : JSON.parse(stdout)) as Status | undefined
        return seen?.state === 'ready' ? seen : undefined
      },
      180_000,
    )
    t.same(
      status.parts.map(({ name, state, pid }) => [name, state, pid]),
      [
        ['tor', 'ready', null],
        ['redis', 'ready', null],
        ['gateway', 'ready', null],
        ['dns', 'ready', null],
        ['clock', 'ready', null],
        ['updates', 'ready', null],
      ],
      'the supervisor watches what it did not start',
    )

    // dns is ready before the gateway has told it of the apps.
    await until('the listener of dns', () => existsSync(join(base, 'run', 'dns', 'mail.dns')))
    for (const [path, uid, gid] of [
      ['tor/socks.sock', TOR, TOR],
      ['tor/short.sock', TOR, TOR],
      ['tor/control.sock', TOR, TOR],
      ['redis/redis.sock', REDIS, REDIS],
      ['gateway/admin.sock', CORDON_USER, CORDON_GROUP],
      ['gateway/health.sock', CORDON_USER, CORDON_GROUP],
      ['apps/mail.sock', CORDON_USER, CORDON_GROUP],
      ['dns/mail.dns', DNS, CORDON_GROUP],
      ['clock/api.sock', CLOCK, CORDON_GROUP],
      ['updates/api.sock', UPDATES, CORDON_GROUP],
      ['supervisor/api.sock', WATCHER, CORDON_GROUP],
    ] as const) {
      const { uid: user, gid: group, mode } = statSync(join(base, 'run', path))
      t.same([user, group, mode & 0o777], [uid, gid, 0o660], path)
    }
    const cookie = statSync(join(base, 'run', 'tor', 'control.cookie'))
    t.same([cookie.uid, cookie.gid, cookie.mode & 0o777], [TOR, TOR, 0o640], 'the cookie of tor is for its group')

    const mail = `socks5h://localhost${join(base, 'run', 'apps', 'mail.sock')}`
    const fetch = (user: User, proxy: string) =>
      runAs(user, ['curl', '--silent', '--show-error', '--max-time', '30', '--proxy', proxy, 'http://check.example/'])
    const seen = await fetch(USERS.person, mail)
    t.equal(seen.status, 0, seen.stderr)
    const exits = lab.exits.map(({ address }) => address)
    t.ok(exits.includes(JSON.parse(seen.stdout).remoteAddress), 'a member of the group goes through tor')
    t.equal((await fetch(USERS.stranger, mail)).status, COULD_NOT_CONNECT, 'a stranger does not reach the socket')
    t.match(await ask(USERS.stranger, 'status'), { status: 1, stderr: /this one may not use it/ }, 'nor the APIs')
    const tor = `socks5h://localhost${join(base, 'run', 'tor', 'socks.sock')}`
    t.equal((await fetch(USERS.person, tor)).status, COULD_NOT_CONNECT, 'nor does a person reach tor past the gateway')

    for (const [name, user] of [
      ['tor', USERS.tor],
      ['redis', USERS.redis],
      ['gateway', USERS.gateway],
    ] as const) {
      const checked = await runAs(user, [...part(name), '--check'])
      t.equal(checked.status, 0, `${name} is well: ${checked.stderr}`)
    }
    t.not((await runAs(USERS.stranger, [...part('gateway'), '--check'])).status, 0, 'a check that cannot look fails')
  },
)

t.test('a directory that is not as system mode needs it is refused, with what it must be', { skip }, async t => {
  const cases: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    ['open to all', path => chmodSync(path, 0o2755), /is open to everybody/],
    ['writable for the group', path => chmodSync(path, 0o2770), /can be written by its group/],
    ['not passing its group on', path => chmodSync(path, 0o750), /does not pass its group on/],
    ["another user's", path => chownSync(path, STRANGER, CORDON_GROUP), /belongs to user 64206/],
    ['missing', path => rmSync(path, { recursive: true }), /cannot be made \(EACCES\)/],
  ]
  for (const [name, spoil, why] of cases) {
    const base = setUp(t)
    spoil(join(base, 'run', 'redis'))
    const user = name === "another user's" ? { ...USERS.redis, groups: [CORDON_GROUP] } : USERS.redis
    const { status, stderr } = await runAs(user, [
      ...[process.execPath, CORDON, 'part', 'redis'],
      ...directoriesOf(base, 'redis'),
    ])
    t.equal(status, 1, name)
    t.match(stderr, why, name)
    t.match(stderr, /mode 2750/, name)
  }
})

t.test('a socket for a group is for that group alone, and the directory decides which it is', { skip }, async t => {
  const base = setUp(t)
  const path = join(base, 'run', 'gateway', 's.sock')
  const program = `import { createServer } from 'node:net'
    import { listenPrivately } from ${JSON.stringify(import.meta.resolve('@cordon/shared/runtime/edge'))}
    await listenPrivately(createServer(), ${JSON.stringify(path)}, 'group'); process.stdout.write('listens\\n')`
  const child = start(t, as(USERS.gateway, [process.execPath, '--input-type=module', '-e', program]))
  await new Promise(resolve => child.stdout?.once('data', resolve))
  const dial = `require('net').connect(${JSON.stringify(path)}).on('connect', () => process.exit(0))
    .on('error', cause => { process.stderr.write(cause.code); process.exit(1) })`
  const dialAs = (user: User) => runAs(user, [process.execPath, '-e', dial])
  t.equal((await dialAs(USERS.person)).status, 0)
  t.match(await dialAs(USERS.stranger), { status: 1, stderr: 'EACCES' })
  t.match(await dialAs(USERS.tor), { status: 1, stderr: 'EACCES' })
})
