/**
 * A locked machine with a real tor under a user of its own, in system mode, joined to the lab by a cable on which every
 * frame is seen: nothing may be on it but that tor's connections to relays, whoever is killed.
 */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { LabDescription } from '@cordon/shared/contracts'
import t from 'tap'
import { until } from '../../../../shared/test/until.ts'
import { finish, Workstation } from './workstation.ts'

t.setTimeout(550_000)

/** Numbers that no distribution gives out. A user's own group has its number. */
const TOR = 64_301
const CORDON = 64_302
const PERSON = 64_303
const CORDON_GROUP = 64_310

const ROOT = join(import.meta.dirname, '../../../..')
const COMMAND = join(ROOT, 'services/supervisor/bin/cordon.js')
const LAUNCHER = join(ROOT, 'services/launcher/src/main.ts')
/** The cable: the lab's end and the machine's. */
const LAB_END = '100.64.7.1'
const MACHINE_END = '100.64.7.2'
const CHECK = 'http://198.18.80.1/'
/** Between two attempts. Arbitrary. */
const PACE_MS = 250

const whyNot = process.getuid?.() === 0 ? false : 'only root can be several users'
const labDirectory = process.env['CORDON_TEST_LAB'] ?? ''

async function readLab(): Promise<LabDescription> {
  return JSON.parse(await text(connect({ path: join(labDirectory, 'lab.sock') })))
}

/** A flow of IPv4 as `protocol address port`, another protocol's name, or undefined for what holds a link. */
function readFlow(hex: string): string | undefined {
  const frame = Buffer.from(hex, 'hex')
  const type = frame.readUInt16BE(12)
  if (type === 0x0806) return undefined // ARP
  if (type === 0x86dd) {
    // Neighbour discovery and listener reports of the kernel's own, which go no further than this cable.
    return frame[20] === 58 || frame[20] === 0 ? undefined : `IPv6 ${frame[20]}`
  }
  if (type !== 0x0800) return `a frame of type ${type.toString(16)}`
  const [source, target] = [frame.subarray(26, 30).join('.'), frame.subarray(30, 34).join('.')]
  const ports = 14 + 4 * ((frame[14] ?? 0) & 15)
  const isOut = source === MACHINE_END
  return `${frame[23]} ${isOut ? target : source} ${frame.readUInt16BE(ports + (isOut ? 2 : 0))}`
}

t.test('ENF-04 ENF-12 SUP-01 TOR-01 on a locked machine', { skip: whyNot }, async t => {
  const lab = await readLab()
  const base = mkdtempSync(join(tmpdir(), 'cordon-locked-'))
  chmodSync(base, 0o755)
  const workstation = await Workstation.open([], { userNamespace: false })
  const children = new Map<string, ChildProcess>()
  t.teardown(async () => {
    for (const child of children.values()) child.kill('SIGKILL')
    await workstation.close()
    rmSync(base, { recursive: true, force: true })
  })

  // The cable.
  const peer = `cl${process.pid}`
  const cable = `set -e
ip link add lab0 type veth peer name ${peer} netns ${lab.pid}
ip link set lab0 addrgenmode none; ip addr add ${MACHINE_END}/30 dev lab0; ip link set lab0 up
nsenter --net=/proc/${lab.pid}/ns/net -- sh -c 'ip link set ${peer} addrgenmode none; ip addr add ${LAB_END}/30 dev ${peer}; ip link set ${peer} up'
ip route add 198.18.0.0/15 via ${LAB_END}`
  const laid = await workstation.run('root', ['sh', '-c', cable])
  t.equal(laid.status, 0, laid.err)
  const relays = new Set([
    ...lab.relays.map(({ address }) => `6 ${address} 5000`),
    ...lab.dirAuthorities.flatMap(line => {
      const [place = ''] = /[0-9.]+:[0-9]+/.exec(line) ?? []
      return [`6 ${place.replace(':', ' ')}`]
    }),
  ])
  /** What was on the cable and is not tor's. */
  const strangers = async (): Promise<readonly string[]> => {
    await workstation.flush()
    const flows = workstation.frames.splice(0).map(readFlow)
    return [...new Set(flows.flatMap(flow => (flow === undefined || relays.has(flow) ? [] : [flow])))]
  }

  // The machine: directories as tmpfiles.d makes them.
  const make = (path: string, uid: number, gid: number, mode: number): void => {
    mkdirSync(join(base, path))
    chownSync(join(base, path), uid, gid)
    chmodSync(join(base, path), mode)
  }
  make('run', 0, 0, 0o755)
  make('run/tor', TOR, TOR, 0o2750)
  for (const name of ['gateway', 'apps', 'dns', 'supervisor']) make(`run/${name}`, CORDON, CORDON_GROUP, 0o2750)
  make('run/onion', CORDON, TOR, 0o2750)
  for (const [name, uid] of [
    ['tor', TOR],
    ['gateway', CORDON],
    ['dns', CORDON],
    ['supervisor', CORDON],
    ['person', PERSON],
  ] as const)
    make(name, uid, uid, 0o700)
  make('lab', 0, 0, 0o755)
  writeFileSync(join(base, 'cordon.yaml'), 'apps: { web: {} }\n', { mode: 0o644 })
  const server = createServer(socket => socket.on('error', () => {}).end(`${JSON.stringify(lab)}\n`))
  await new Promise<void>(resolve => server.listen(join(base, 'lab', 'lab.sock'), resolve))
  chmodSync(join(base, 'lab', 'lab.sock'), 0o666)
  t.teardown(() => new Promise(resolve => server.close(resolve)))

  const as = (uid: number, groups: readonly number[], command: readonly string[]): readonly string[] => [
    ...['setpriv', `--reuid=${uid}`, `--regid=${uid === CORDON ? CORDON_GROUP : uid}`],
    ...[groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`, '--', ...command],
  ]
  const at = (part: string): readonly string[] => [
    ...['--config', join(base, 'cordon.yaml'), '--runtime-dir', join(base, 'run'), '--state-dir', join(base, part)],
  ]
  const node = process.execPath
  const PARTS: Readonly<Record<string, readonly string[]>> = {
    tor: as(TOR, [], [node, COMMAND, 'part', 'tor', ...at('tor'), '--lab-dir', join(base, 'lab')]),
    gateway: as(CORDON, [TOR], [node, join(ROOT, 'gateway/src/main.ts'), ...at('gateway'), '--access', 'group']),
    dns: as(CORDON, [TOR], [node, join(ROOT, 'services/dns/src/main.ts'), ...at('dns'), '--access', 'group']),
    supervisor: as(CORDON, [TOR], [node, COMMAND, 'up', '--system', '--json', ...at('supervisor')]),
  }
  let said = ''
  const startPart = (name: string): void => {
    const child = workstation.start('root', PARTS[name] ?? [])
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => {
        said = `${said}${name}: ${chunk}`.slice(-4000)
      })
    children.set(name, child)
  }
  const person = (command: readonly string[], env?: NodeJS.ProcessEnv) =>
    workstation.start('root', as(PERSON, [CORDON_GROUP], command), env)
  const curl = ['curl', '--silent', '--show-error', '--max-time', '8']
  const throughPort = async () => {
    const proxy = `socks5h://localhost${join(base, 'run/apps/web.sock')}`
    return await finish(person([...curl, '--proxy', proxy, '--header', 'Host: check.example', CHECK]))
  }
  const direct = () => finish(person([...curl, '--max-time', '3', '--header', 'Host: check.example', CHECK]))
  const lockdown = (...args: readonly string[]) =>
    workstation.run('root', [node, LAUNCHER, 'lockdown', ...args], { ...process.env, CORDON_ROOT: base })
  const isServing = () => throughPort().then(({ status }) => status === 0)

  const isOpen = async () => (await direct()).status === 0
  await until('ENF-02: a person who reaches a site past tor, unlocked', isOpen)
  // A site that is held up ends its side later, and that would be seen then.
  const connections = ['nsenter', `--net=/proc/${lab.pid}/ns/net`, '--', 'ss', '-Htan', 'dst', MACHINE_END]
  await until('the end of it at both sides', async () => (await workstation.run('root', connections)).out === '')
  t.ok((await strangers()).includes('6 198.18.80.1 80'), 'and it is seen on the cable')
  t.match(await lockdown('on', `--tor-user=${TOR}`), { status: 0 })
  for (const name of Object.keys(PARTS)) startPart(name)
  await until('traffic through tor', isServing, 120_000).catch(cause => {
    throw new Error(said, { cause })
  })
  const { out } = await until('a site', async () => {
    const ran = await throughPort()
    return ran.status === 0 && ran
  })
  t.match(out, /"remoteAddress":"198\.18\.2\./, 'an exit of the lab')
  t.not((await direct()).status, 0)
  t.ok(workstation.frames.length > 0, 'tor is on the cable')
  t.same(await strangers(), [], 'and nobody else, from its first packet on')

  // Two kinds of traffic all along: through the port, and past it.
  let isOver = false
  const attempts = { through: 0, past: 0, leaked: 0 }
  const traffic = async (): Promise<void> => {
    while (!isOver) {
      attempts.through += (await throughPort()).status === 0 ? 1 : 0
      attempts.leaked += (await direct()).status === 0 ? 1 : 0
      attempts.past++
      // What is refused takes no time, and must not take the processor from whoever starts again.
      await new Promise(resolve => setTimeout(resolve, PACE_MS))
    }
  }
  const running = traffic()
  for (const name of ['supervisor', 'gateway', 'dns', 'tor']) {
    await t.test(`SIGKILL to ${name} under traffic: no frame but tor’s, and the lock stays`, async t => {
      const child = children.get(name)
      const ended = child === undefined ? undefined : once(child, 'exit')
      child?.kill('SIGKILL')
      await ended
      const before = attempts.past
      await until('attempts without it', () => attempts.past > before + 1)
      t.same(await strangers(), [])
      t.match(await lockdown('status', '--json'), { status: 0, out: /"state":"on"/ })
      startPart(name)
      const passed = attempts.through
      await until('traffic again', () => attempts.through > passed, 120_000)
      t.same(await strangers(), [])
    })
  }
  await t.test('SIGKILL to the launcher of a program under traffic', async t => {
    const run = [...at('person'), 'run']
    const script = `while :; do ${curl.join(' ')} http://check.example/; echo; done`
    const child = person([node, COMMAND, ...run, 'web', '--', 'sh', '-c', script], { ...process.env, HOME: '/' })
    let seen = ''
    child.stderr?.on('data', chunk => {
      seen += chunk
    })
    await until('traffic of the program', async () => {
      if (child.exitCode !== null) throw new Error(seen)
      return child.stdout?.read() !== null
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    t.same(await strangers(), [])
  })
  isOver = true
  await running
  t.equal(attempts.leaked, 0)
  t.ok(attempts.through > 0 && attempts.past > 5, JSON.stringify(attempts))

  await t.test('ENF-12: when all of Cordon has ended the machine is locked, until somebody says otherwise', async t => {
    for (const child of children.values()) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    t.not((await direct()).status, 0)
    t.same(await strangers(), [])
    t.match(await lockdown('off'), { status: 0 })
    await until('a machine that is open then', isOpen)
  })
})
