import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { must, run } from './command.ts'

/** Of Debian 13, whose engine runs on older systems too; the rest must fit the libraries of this one. */
const ENGINE_RELEASE = 'trixie'
const ENGINE_PACKAGES = ['docker.io', 'docker-cli', 'docker-compose', 'docker-buildx']
const OWN_PACKAGES = [
  ...['containerd', 'runc', 'tini', 'mmdebstrap', 'iptables'],
  ...['libip4tc2', 'libip6tc2', 'libxtables12', 'libnetfilter-conntrack3', 'libnfnetlink0'],
]
/** Programs by the names that the engine looks for; the package leaves them to update-alternatives(1). */
const ALTERNATIVES = [
  'iptables',
  'iptables-save',
  'iptables-restore',
  'ip6tables',
  'ip6tables-save',
  'ip6tables-restore',
]

const START_MS = 120_000

/** A container engine beside the system: its programs, its state and its network are all its own. */
export interface Engine {
  /** The network namespace that stands in for the host's. */
  readonly namespace: string
  /** What `docker` needs to talk to this engine and no other. */
  readonly env: NodeJS.ProcessEnv
  /** Where Debian's packages of {@link ENGINE_RELEASE} come from, as a line of sources.list(5). */
  readonly source: string
  stop(): Promise<void>
}

/** Unpack an engine below `work`. Nothing is installed, and no service is started. */
export function unpackEngine(work: string): string {
  const packages = join(work, 'packages')
  for (const path of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(packages, path), { recursive: true })
  const [site = ''] = must(['apt-get', 'indextargets', '--format', '$(SITE)', 'Created-By: Packages'])
    .split('\n')
    .filter(line => /debian\/?$/.test(line))
  if (site === '') throw new Error('apt-get knows no archive of Debian: is this Debian, and has `apt-get update` run?')
  const source = `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${site} ${ENGINE_RELEASE} main`
  writeFileSync(join(packages, 'sources.list'), `${source}\n`)
  const own = [
    `Dir::Etc::SourceList=${packages}/sources.list`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${packages}/lists`,
    `Dir::Cache=${packages}/cache`,
  ].flatMap(option => ['-o', option])
  const apt = ['apt-get', '-qq', '-o', 'APT::Sandbox::User=root']
  must([...apt, ...own, 'update'])
  must([...apt, ...own, 'download', ...ENGINE_PACKAGES], { cwd: packages })
  must([...apt, 'download', ...OWN_PACKAGES], { cwd: packages })
  for (const file of readdirSync(packages).filter(name => name.endsWith('.deb')))
    must(['dpkg-deb', '-x', join(packages, file), join(work, 'engine')])
  const engine = join(work, 'engine', 'usr')
  const plugins = join(work, 'docker', 'cli-plugins')
  mkdirSync(plugins, { recursive: true })
  for (const name of readdirSync(join(engine, 'libexec/docker/cli-plugins')))
    symlinkSync(join(engine, 'libexec/docker/cli-plugins', name), join(plugins, name))
  for (const name of ALTERNATIVES) symlinkSync('xtables-nft-multi', join(engine, 'sbin', name))
  rmSync(join(engine, 'bin/docker-init'), { force: true })
  symlinkSync(join(engine, 'bin/tini-static'), join(engine, 'bin/docker-init'))
  rmSync(packages, { recursive: true })
  return source
}

/** The environment in which the unpacked programs find each other. */
export const environmentOf = (work: string): NodeJS.ProcessEnv => ({
  PATH: `${work}/engine/usr/sbin:${work}/engine/usr/bin:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
  LC_ALL: 'C.UTF-8',
  HOME: work,
  DOCKER_HOST: `unix://${work}/run/docker.sock`,
  DOCKER_CONFIG: `${work}/docker`,
})

/** Start the engine in `namespace`, where `resolver` is the name server that it knows. */
export async function startEngine(
  work: string,
  { namespace, resolver, source }: { readonly namespace: string; readonly resolver: string; readonly source: string },
): Promise<Engine> {
  const env = environmentOf(work)
  mkdirSync(join(work, 'run'), { recursive: true })
  writeFileSync(join(work, 'run/resolv.conf'), `nameserver ${resolver}\n`)
  const log = openSync(join(work, 'run/engine.log'), 'w')
  const [library = ''] = readdirSync(join(work, 'engine/usr/lib')).filter(name => name.endsWith('-linux-gnu'))
  const libraries = join(work, 'engine/usr/lib', library)
  const daemon = [
    ...['dockerd', '--host', `unix://${work}/run/docker.sock`, '--data-root', `${work}/data`],
    ...['--exec-root', `${work}/run/exec`, '--pidfile', `${work}/run/engine.pid`, '--userland-proxy=false'],
    ...['--storage-driver', 'overlay2', '--cgroup-parent', `/${namespace}`],
  ]
  // Not `ip netns exec`, which would hide the cgroups; its resolv.conf is its own, in mounts of its own.
  const enter = [
    'nsenter',
    `--net=/run/netns/${namespace}`,
    'unshare',
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
  ]
  const script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
  const [program = '', ...args] = [...enter, script, join(work, 'run/resolv.conf'), ...daemon]
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...env, LD_LIBRARY_PATH: libraries, XTABLES_LIBDIR: join(libraries, 'xtables') },
  })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const deadline = performance.now() + START_MS
  while (run(['docker', 'version'], { env }).status !== 0) {
    if (child.exitCode !== null || performance.now() > deadline) {
      const said = readFileSync(join(work, 'run/engine.log'), 'utf8').trim().split('\n').at(-1)
      throw new Error(`the engine does not start: ${said}`)
    }
    await wait(200)
  }
  return {
    namespace,
    env,
    source,
    async stop() {
      child.kill('SIGTERM')
      await ended
      removeCgroups(namespace)
    },
  }
}

/** Remove the cgroups that the engine made; they are empty by now. */
function removeCgroups(name: string): void {
  for (const hierarchy of ['', ...readdirSync('/sys/fs/cgroup')])
    run([
      'find',
      join('/sys/fs/cgroup', hierarchy, basename(name)),
      '-depth',
      '-type',
      'd',
      '-exec',
      'rmdir',
      '{}',
      ';',
    ])
}
