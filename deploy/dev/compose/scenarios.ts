import { must } from './command.ts'
import type { Engine } from './engine.ts'
import { OUTSIDE, type Outside } from './outside.ts'
import { CLOSED, PROBE } from './probe.ts'
import type { Project } from './project.ts'
import type { Report } from './report.ts'

/** All that a scenario works with. */
export interface Stage {
  readonly project: Project
  readonly engine: Engine
  readonly outside: Outside
  readonly report: Report
}

/** Cordon's own containers on the lab; what is left out is the lab itself. */
const PARTS = ['redis', 'tor-in-lab', 'gateway', 'dns', 'clock', 'updates', 'supervisor'] as const

/** The detector detects: a container that nobody closed in is seen outside, by TCP and by name. */
export function showDetector({ project, outside, report }: Stage): void {
  const probe = project.docker('run', '--rm', '--entrypoint', 'node', 'cordon/part:local', '-e', PROBE)
  report.check(
    'a container that is not closed in reaches the outside',
    /"tcp":"reached"/.test(probe.stdout),
    probe.stderr,
  )
  const seen = outside.seen()
  for (const one of [`tcp ${OUTSIDE.host}:${OUTSIDE.port}`, `udp ${OUTSIDE.resolver}:53`])
    report.check(`and is seen there: ${one}`, seen.includes(one), seen.join(' '))
}

/** Every container is healthy, and the whole says so itself. */
export async function showUp({ project, report }: Stage): Promise<void> {
  project.compose('--profile', 'lab', 'up', '--detach', '--wait', '--no-build', '--wait-timeout', '600')
  for (const service of ['lab', ...PARTS])
    report.check(`${service} is healthy`, project.stateOf(service).health === 'healthy')
  const status = project.exec('supervisor', 'cordon', '--json', 'status').stdout
  report.check('the status is that of a lab that is ready', /"state":"ready","network":"lab"/.test(status), status)
  for (const service of PARTS) {
    const { stdout } = project.exec(
      service,
      'sh',
      '-c',
      'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status',
    )
    const found = stdout.replaceAll(/\s+/g, ' ')
    report.check(
      `${service} has no capability and can get none`,
      /CapEff: 0+ CapBnd: 0+ NoNewPrivs: 1 Seccomp: 2/.test(found),
      found,
    )
    const write = project.exec(service, 'sh', '-c', 'echo x > /usr/lib/cordon/x')
    report.check(`${service} cannot write where it runs from`, /Read-only file system/.test(write.stderr), write.stderr)
  }
}

/** A program goes through its port; who is not meant to reach a socket does not. */
export async function showTraffic({ project, report }: Stage): Promise<void> {
  const added = project.exec('supervisor', 'cordon', 'apps', 'add', 'mail')
  report.check('an app is added', added.status === 0, added.stderr)
  const page = await project.fetch('mail')
  report.check('a page of the lab comes through its port', /"remoteAddress":"198\.18\.2\.\d"/.test(page), page)
  const socket = 'socks5h://localhost/run/cordon/apps/mail.sock'
  const client = [
    'run',
    '--rm',
    '--network',
    'none',
    '--volume',
    'cordon_apps:/run/cordon/apps:ro',
    '--entrypoint',
    'node',
  ]
  const dial = `require('net').connect('${socket.replace('socks5h://localhost', '')}').on('connect', () => { console.log('in'); process.exit() })
    .on('error', e => console.log(e.code))`
  const member = project.docker(
    ...client,
    '--user',
    '4242:4242',
    '--group-add',
    '7700',
    'cordon/part:local',
    '-e',
    dial,
  )
  report.check("another container in the apps' group reaches the port", member.stdout.trim() === 'in', member.stdout)
  const stranger = project.docker(...client, '--user', '4242:4242', 'cordon/part:local', '-e', dial)
  report.check('one that is not is refused', stranger.stdout.trim() === 'EACCES', stranger.stdout)
  const circuits = project.exec('supervisor', 'cordon', 'circuits', 'mail').stdout
  report.check('the app has circuits of its own', /circuit \d+ built/.test(circuits), circuits)
  const audit = project.exec('supervisor', 'cordon', 'audit')
  report.check('isolation holds', audit.status === 0, audit.stdout)
}

/** From inside no container an address answers or a name resolves. */
export function showClosed({ project, outside, report }: Stage): void {
  const before = outside.count()
  for (const service of [...PARTS, 'lab']) {
    const found = project.exec(service, 'node', '-e', PROBE).stdout.trim()
    report.check(`nothing gets out of ${service}`, found === JSON.stringify(CLOSED), found)
  }
  report.check('and nothing arrived outside', outside.count() === before, outside.seen().join(' '))
}

/** With profile `observability` the spans of parts that have no network reach a collector that has none either. */
export async function showSpans({ project, outside, report }: Stage): Promise<void> {
  const before = outside.count()
  const profiles = ['--profile', 'lab', '--profile', 'observability']
  project.compose(...profiles, 'up', '--detach', '--wait', '--no-build', '--wait-timeout', '600', 'collector')
  const product = ['kind=json', 'address=https://check.example/', 'path=/remoteAddress', 'unsigned=true']
  project.exec('supervisor', 'cordon', 'updates', 'add', 'tool', ...product)
  const heard = (): string => project.docker('logs', project.nameOf('collector')).stdout
  for (const part of ['gateway', 'clock', 'updates']) {
    const isHeard = await project.until(() => {
      if (new RegExp(`"stringValue":"[^"]*${part}"`).test(heard())) return true
      // What makes spans: a round, a check, and their streams.
      project.exec('supervisor', 'cordon', ...(part === 'updates' ? ['updates', 'check', 'tool'] : ['clock', 'sync']))
      return false
    })
    report.check(`the collector hears of ${part}`, isHeard, heard().slice(-2000))
  }
  report.check('and nothing arrived outside', outside.count() === before, outside.seen().join(' '))
  project.compose(...profiles, 'rm', '--stop', '--force', 'collector', 'spans')
}

/** Each container in turn dies under traffic, and comes back by itself. */
export async function showDeaths(stage: Stage): Promise<void> {
  const { project, outside, report } = stage
  const before = outside.count()
  for (const service of PARTS) {
    const { pid, restarts } = project.stateOf(service)
    const traffic = [project.fetch('mail'), project.fetch('mail')]
    process.kill(pid, 'SIGKILL')
    await Promise.all(traffic)
    const back = await project.until(() => {
      const now = project.stateOf(service)
      return now.restarts === restarts + 1 && now.health === 'healthy'
    })
    report.check(`${service} dies and is healthy again`, back, JSON.stringify(project.stateOf(service)))
    const page = await project.fetch('mail')
    report.check(`  and pages come through again`, /remoteAddress/.test(page), page)
  }
  report.check('nothing arrived outside meanwhile', outside.count() === before, outside.seen().join(' '))
}

/** `docker kill` is a wish: what it ends stays down, the others say so, and `up` brings it back with what it knew. */
export async function showKill({ project, outside, report }: Stage): Promise<void> {
  const before = outside.count()
  project.docker('kill', project.nameOf('gateway'))
  const told = await project.until(() => project.exec('supervisor', 'cordon', 'status').status !== 0)
  report.check('the status tells of a gateway that was killed', told)
  project.docker('kill', ...PARTS.map(service => project.nameOf(service)))
  project.compose('--profile', 'lab', 'up', '--detach', '--wait', '--no-build', '--wait-timeout', '600')
  report.check('all were killed at once, and are back', project.stateOf('supervisor').health === 'healthy')
  const page = await project.fetch('mail')
  report.check('the app that was added is still there', /remoteAddress/.test(page), page)
  report.check('nothing arrived outside meanwhile', outside.count() === before, outside.seen().join(' '))
}

/** Without the lab, tor is the one that gets out, and not by name. What it meets here is a world without relays. */
export async function showOnlyWayOut({ project, engine, outside, report }: Stage): Promise<void> {
  project.compose('--profile', 'lab', 'down', '--timeout', '10')
  const before = new Set(outside.seen())
  const names = (): readonly string[] => outside.seen().filter(one => !before.has(one))
  project.compose('up', '--detach', '--no-build', '--no-deps', 'tor')
  const out = await project.until(() => names().some(one => one.startsWith('tcp ')))
  report.check('tor looks for the Tor network, and is seen outside', out, names().join(' '))
  must(['ip', 'netns', 'exec', `${engine.namespace}-out`, 'nft', 'flush', 'set', 'inet', 'outside', 'seen'])
  const probe = project.exec('tor', 'node', '-e', PROBE).stdout
  report.check('its network leads out', /"tcp":"reached"/.test(probe), probe)
  report.check('and no name is asked for there', /"name":"EAI_AGAIN"|"name":"ENOTFOUND"/.test(probe), probe)
  const asked = outside.seen().filter(one => one.startsWith('udp ') && one !== `udp ${OUTSIDE.resolver}:53`)
  report.check('no other datagram left', asked.length === 0, asked.join(' '))
}
