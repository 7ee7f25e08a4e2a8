/**
 * `npm run test:compose`: compose.yaml brought up for real, killed, and taken away, on a container engine of its own.
 *
 * Nothing is installed: the engine is unpacked below /tmp, runs in a network namespace that leads nowhere, and is removed
 * with all that it made. It needs root, Debian's packages and npm's. Where it cannot run it says why and fails; with
 * `--where-possible` it then succeeds. `--keep` leaves everything running, to look at; `--base FILE` and `--installation
 * DIR` take what an earlier run made.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ensurePackages, ensurePrograms, runNode } from './setup.mjs'

const { values } = parseArgs({
  options: { 'where-possible': { type: 'boolean', default: false } },
  strict: false,
})

/** What must be there, each with the sentence for where it is not. */
const NEEDS = [
  ['it needs root: a container engine mounts and makes namespaces', 'Run: sudo npm run test:compose', isRoot],
  ['there is no apt-get here', 'Run it on Debian 12 or newer.', () => existsSync('/usr/bin/apt-get')],
  ['this kernel has no overlay file system', 'Use a kernel with CONFIG_OVERLAY_FS.', hasOverlay],
  ['this machine makes no network namespaces', 'Use a virtual machine, or a privileged container.', makesNamespaces],
]

const lacking = NEEDS.find(([, , holds]) => !holds())
if (lacking !== undefined) {
  const [why, next] = lacking
  process.stderr.write(`cordon: the test of the containers cannot run: ${why}\n  next: ${next}\n`)
  process.exit(values['where-possible'] ? 0 : 1)
}
ensurePackages()
ensurePrograms(['ip', 'nft', 'nsenter', 'unshare', 'curl', 'git'])
process.exit(runNode(['deploy/dev/compose.ts', ...process.argv.slice(2).filter(arg => arg !== '--where-possible')]))

function isRoot() {
  return process.getuid() === 0
}

function hasOverlay() {
  return /\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))
}

function makesNamespaces() {
  const script = 'ip link add a0 type veth peer name b0 && mount -t tmpfs none /mnt'
  return spawnSync('unshare', ['--net', '--mount', 'sh', '-c', script], { stdio: 'ignore' }).status === 0
}
