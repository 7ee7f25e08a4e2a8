/**
 * Brings what is missing to a fresh machine: npm packages by the lock file (Node 24 is one of them), Debian packages by
 * apt where that is allowed. Plain JavaScript without packages: it runs before there are any, on Node 20.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the checkout. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const STAMP = join(ROOT, 'node_modules', '.cordon-lock')

/** Which Debian package brings a program. */
const PACKAGES = {
  tor: 'tor',
  'tor-gencert': 'tor',
  ip: 'iproute2',
  lintian: 'lintian',
  mmdebstrap: 'mmdebstrap',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  nsenter: 'util-linux',
  // The same program as redis-server, in a package that starts no service on a port.
  'redis-check-rdb': 'redis-tools',
  nft: 'nftables',
  bwrap: 'bubblewrap',
  curl: 'curl',
  openssl: 'openssl',
  torsocks: 'torsocks',
  // It brings stem for Debian's own Python too.
  'onionshare-cli': 'onionshare-cli',
  git: 'git',
  python3: 'python3',
  // Debian's own: another one in the PATH may lie where a confined program sees nothing.
  '/usr/bin/pip3': 'python3-pip',
  dig: 'bind9-dnsutils',
  kdig: 'knot-dnsutils',
  chromium: 'chromium',
  microsocks: 'microsocks',
  danted: 'dante-server',
  dnsperf: 'dnsperf',
  unbound: 'unbound',
  'systemd-analyze': 'systemd',
  gpg: 'gnupg',
  gpgv: 'gpgv',
  busybox: 'busybox-static',
  ffuf: 'ffuf',
  wget: 'wget',
  ssh: 'openssh-client',
  dropbear: 'dropbear-bin',
  'dbus-daemon': 'dbus-daemon',
  'dbus-send': 'dbus-bin',
  'xdg-dbus-proxy': 'xdg-dbus-proxy',
  skopeo: 'skopeo',
  pulseaudio: 'pulseaudio',
  pactl: 'pulseaudio-utils',
  weston: 'weston',
  'wayland-info': 'wayland-utils',
  'firefox-esr': 'firefox-esr',
  Xvfb: 'xvfb',
  xdpyinfo: 'x11-utils',
  import: 'imagemagick',
}

/** Programs that Cordon itself starts. */
export const PROGRAMS = [
  'tor',
  'tor-gencert',
  'ip',
  'unshare',
  'setpriv',
  'nsenter',
  'redis-check-rdb',
  'nft',
  'bwrap',
  'openssl',
]

/** Programs that the tests use as clients besides. */
export const TEST_PROGRAMS = [
  ...PROGRAMS,
  'curl',
  'dig',
  'kdig',
  'torsocks',
  'onionshare-cli',
  'git',
  'python3',
  '/usr/bin/pip3',
  'chromium',
  'systemd-analyze',
  'gpg',
  'gpgv',
  'busybox',
  'ffuf',
  'wget',
  'ssh',
  'dropbear',
  'dbus-daemon',
  'dbus-send',
  'xdg-dbus-proxy',
]

/** Programs that `npm run soak -- --run` needs besides. */
export const SOAK_RUN_PROGRAMS = [
  'firefox-esr',
  'skopeo',
  'pulseaudio',
  'pactl',
  'weston',
  'wayland-info',
  'Xvfb',
  'xdpyinfo',
  'import',
]

const say = text => process.stderr.write(`cordon: ${text}\n`)

/** Say what went wrong and what to do, and end. */
export function giveUp(problem, next) {
  process.stderr.write(`cordon: ${problem}\n  next: ${next}\n`)
  process.exit(1)
}

/** Install the npm packages of the lock file, unless they are there. */
export function ensurePackages() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock && existsSync(nodeProgram())) return
  say('installing npm packages by package-lock.json (Node 24 is one of them; half a minute) …')
  const { status } = spawnSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) giveUp('npm ci failed', 'Look at its lines above; `npm ci` in this directory repeats it.')
  writeFileSync(STAMP, lock)
}

/** Install the Debian packages of `programs` that are missing, or say exactly what to run. */
export function ensurePrograms(programs) {
  const missing = programs.filter(program => !findProgram(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(program => PACKAGES[program]))]
  // Another apt may be at work: a machine that has just started updates itself.
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=300']
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages]
  const root = process.getuid() === 0
  const prefix = root ? [] : ['sudo', '-n']
  if (!findProgram('apt-get') || (!root && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0)) {
    giveUp(`${missing.join(', ')} is missing`, `Run: sudo ${install.join(' ')}`)
  }
  say(`installing ${packages.join(', ')} by apt-get …`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run = command => spawnSync(command[0], command.slice(1), { env, stdio: ['ignore', 'ignore', 2] }).status === 0
  // The list of packages may be old or not there at all: that is worth one more try.
  if (!run([...prefix, ...install]) && !(run([...prefix, ...apt, 'update', '-qq']) && run([...prefix, ...install]))) {
    giveUp(`${packages.join(', ')} cannot be installed`, `Run: sudo ${install.join(' ')}`)
  }
}

/** Programs of packages that are unpacked here and not installed. */
export const UNPACKED = join(ROOT, 'node_modules', '.cordon-unpacked')

/** Packages that start services when they are installed, and a program of each. */
const UNPACKED_PACKAGES = {
  chrony: 'usr/sbin/chronyd',
  nscd: 'usr/sbin/nscd',
  'systemd-resolved': 'lib/systemd/systemd-resolved',
}

/**
 * Bring programs that tests run beside Cordon, without installing them: their packages would start services that set the
 * clock or answer the names of this machine. Where one cannot be had, its tests say so and are skipped.
 */
export function ensureUnpacked() {
  if (!findProgram('apt-get') || !findProgram('dpkg-deb')) return
  for (const [name, program] of Object.entries(UNPACKED_PACKAGES)) {
    if (existsSync(join('/', program)) || existsSync(join(UNPACKED, program))) continue
    say(`unpacking ${name}, which is not installed …`)
    const work = mkdtempSync(join(tmpdir(), 'cordon-unpack-'))
    const run = (...command) => spawnSync(command[0], command.slice(1), { cwd: work, stdio: 'ignore' }).status === 0
    if (run('apt-get', 'download', name)) {
      const [archive] = readdirSync(work).filter(file => file.endsWith('.deb'))
      if (archive !== undefined) run('dpkg-deb', '-x', archive, UNPACKED)
    }
    rmSync(work, { recursive: true, force: true })
  }
}

/** Debian keeps some programs where an ordinary user's PATH does not look. */
function findProgram(name) {
  const directories = name.startsWith('/')
    ? ['/']
    : [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return directories.some(directory => {
    try {
      accessSync(join(directory, name), constants.X_OK)
      return directory !== ''
    } catch {
      return false
    }
  })
}

/** The Node that came with the packages. */
export const nodeProgram = () => join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')

/** Run a program under the packaged Node with our own standard streams, and return its exit status. */
export function runNode(args, env = process.env) {
  const path = [join(ROOT, 'node_modules', '.bin'), env.PATH ?? '', '/usr/sbin', '/sbin'].join(delimiter)
  const { status, signal } = spawnSync(nodeProgram(), args, { stdio: 'inherit', env: { ...env, PATH: path } })
  return status ?? (signal === 'SIGINT' ? 130 : 1)
}
