/**
 * A clean Debian for tests: a root directory of the packages of this machine's mirror, entered in fresh namespaces, with
 * a network of its own that leads nowhere. Nothing of it is left in this machine.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ensurePrograms, giveUp } from './setup.mjs'

/** Make the root directory $1 the whole world of this mount namespace. */
const ENTER = [
  'mount --make-rprivate /',
  'mount --bind "$1" "$1"',
  'mount -t proc proc "$1/proc"',
  'mount -t sysfs sysfs "$1/sys"',
  'mount -t tmpfs -o mode=755 tmpfs "$1/run"',
  'mount --rbind /dev "$1/dev"',
  'ip link set lo up',
  // Not chroot: in one, the kernel lets nobody make the user namespaces that the lab lives in.
  'cd "$1"',
  'mkdir -p .outside',
  'pivot_root . .outside',
  'umount -l /.outside',
  'rmdir /.outside',
].join('; ')

const ENVIRONMENT = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
}

/** How long systemd may take to its target, in milliseconds. Arbitrary. */
const BOOT_MS = 120_000

/** Run a program to its end. */
export function run(program, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}

/** Return what a run printed, or give the whole test up. */
export function must(what, { status, stdout, stderr }) {
  if (status !== 0)
    giveUp(`${what} failed: ${(stderr || stdout).trim().split('\n').slice(-5).join('\n  ')}`, 'See above.')
  return stdout
}

/** Make a minimal Debian of this machine's release with some packages. */
export function makeCleanRoot(root, packages) {
  ensurePrograms(['mmdebstrap'])
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  must('mmdebstrap', run('mmdebstrap', ['--variant=minbase', `--include=${packages.join(',')}`, release, root]))
}

/** Run a script inside, in namespaces of its own: every process of it ends with it. */
export const runInside = (root, script, seconds = 240) =>
  run(
    'unshare',
    [
      ...['--mount', '--net', '--pid', '--fork', '--kill-child', '--'],
      ...['sh', '-ec', `${ENTER}; exec sh -ec "$2"`, 'sh', root, script],
    ],
    { timeout: seconds * 1000, env: ENVIRONMENT },
  )

/**
 * Boot it: systemd as process 1, in namespaces and cgroups of its own. Resolves when it says that it runs, with how to
 * run a script beside it and how to end it.
 */
export async function boot(root) {
  const cgroups = makeCgroups()
  const init = 'exec env -i container=cordon /lib/systemd/systemd --system --log-target=journal --show-status=no'
  const enter = ['--mount', '--net', '--pid', '--ipc', '--uts', '--cgroup', '--fork', '--kill-child', '--']
  // Into the cgroups first: what is made below them is then what the namespace of cgroups shows.
  const join_ = cgroups.map(path => `echo $$ > ${path}/cgroup.procs`).join('; ')
  const script = `${join_}; exec unshare ${enter.join(' ')} sh -ec '${ENTER}; hostname clean-debian; ${init}' sh "$1"`
  const outer = spawn('sh', ['-ec', script, 'sh', root], { stdio: 'ignore', env: ENVIRONMENT })
  const stop = async () => {
    const ended = new Promise(resolve => outer.once('exit', resolve))
    outer.kill('SIGKILL')
    await ended
    for (const path of cgroups) await removeCgroup(path)
  }
  const script_ = (text, seconds = 240) => {
    const [pid] = childrenOf(outer.pid)
    const enterAll = ['--target', pid, '--mount', '--net', '--pid', '--ipc', '--uts', '--cgroup', '--']
    return run('nsenter', [...enterAll, 'sh', '-ec', text], { timeout: seconds * 1000, env: ENVIRONMENT })
  }
  const deadline = performance.now() + BOOT_MS
  for (;;) {
    if (outer.exitCode !== null || performance.now() > deadline) {
      await stop()
      return undefined
    }
    await wait(200)
    if (childrenOf(outer.pid).length === 0) continue
    const { stdout } = script_('systemctl is-system-running 2>&1 || true', 10)
    if (/^(running|degraded)$/m.test(stdout)) return { run: script_, stop }
  }
}

const childrenOf = pid => readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean)

/** One of our own in every hierarchy: systemd makes its own below, and goes with it. */
function makeCgroups() {
  const all = '/sys/fs/cgroup'
  // Of version 2 there is one hierarchy; of version 1 one for each controller.
  const hierarchies = existsSync(join(all, 'cgroup.controllers'))
    ? [all]
    : readdirSync(all, { withFileTypes: true }).flatMap(one => (one.isDirectory() ? [join(all, one.name)] : []))
  return hierarchies.map(above => {
    const path = join(above, `cordon-test-${process.pid}`)
    mkdirSync(path, { recursive: true })
    // A cpuset begins empty, and takes nobody in until it has processors and memory.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (readdirSync(path).includes(file)) writeFileSync(join(path, file), readFileSync(join(above, file)))
    }
    return path
  })
}

/** The kernel lets a cgroup go when its last process is quite gone. */
async function removeCgroup(path) {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name))
  }
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return rmdirSync(path)
    } catch {
      await wait(100)
    }
  }
}
