/**
 * `npm run test:package`: the Debian package in a clean Debian: installed, used on the lab, upgraded, purged.
 *
 * It needs root (a chroot, namespaces) and, to make the clean Debian, the package mirror that this machine is set to.
 * What is installed runs in a network namespace without any way out. `--package FILE` takes a package that is built,
 * `--root DIR` a Debian root that is there (it is used as it is, and changed).
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePackages, ensurePrograms, giveUp, nodeProgram, ROOT } from './setup.mjs'

/** Enter the root directory $1 in fresh namespaces, and run $2 there. */
const ENTER = [
  'mount --make-rprivate /',
  'mount --bind "$1" "$1"',
  'mount -t proc proc "$1/proc"',
  'mount -t tmpfs tmpfs "$1/run"',
  'mount --rbind /dev "$1/dev"',
  'ip link set lo up',
  // Not chroot: in one, the kernel lets nobody make the user namespaces that the lab lives in.
  'cd "$1"',
  'mkdir -p .outside',
  'pivot_root . .outside',
  'umount -l /.outside',
  'rmdir /.outside',
  'exec sh -ec "$2"',
].join('; ')

const { values } = parseArgs({ options: { package: { type: 'string' }, root: { type: 'string' } } })
if (process.getuid() !== 0)
  giveUp('the test of the package cannot run: it needs root', 'Run: sudo npm run test:package')
ensurePackages()
ensurePrograms(['dpkg-deb', 'git', 'unshare'])

const work = mkdtempSync(join(tmpdir(), 'cordon-package-'))
let failed = 0
let passed = 0
try {
  const first = values.package ?? build()
  const root = values.root ?? makeRoot(first)
  test(root, first)
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 3 })
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

function run(program, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}

function must(what, { status, stdout, stderr }) {
  if (status !== 0)
    giveUp(`${what} failed: ${(stderr || stdout).trim().split('\n').slice(-5).join('\n  ')}`, 'See above.')
  return stdout
}

function build() {
  process.stderr.write('building the package …\n')
  return must('npm run package', run(nodeProgram(), [join(ROOT, 'deploy/dev/package.ts'), work])).trim()
}

/** The programs that the package depends on come from the mirror of this machine; Cordon itself from the file. */
function makeRoot(file) {
  ensurePrograms(['mmdebstrap'])
  process.stderr.write('making a clean Debian …\n')
  const root = join(work, 'root')
  const depends = must('dpkg-deb', run('dpkg-deb', ['--field', file, 'Depends']))
  const names = depends.split(',').map(one => one.trim().split(/[ |]/)[0])
  const release = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  must('mmdebstrap', run('mmdebstrap', ['--variant=minbase', `--include=curl,${names.join(',')}`, release, root]))
  return root
}

/** Pack the same content again as a newer version: what an upgrade is to dpkg. */
function repack(file) {
  const tree = join(work, 'newer')
  must('dpkg-deb', run('dpkg-deb', ['--raw-extract', file, tree]))
  const control = join(tree, 'DEBIAN', 'control')
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: (.*)$/m, 'Version: $1+1'))
  const target = join(work, 'cordon_newer.deb')
  must('dpkg-deb', run('dpkg-deb', ['--root-owner-group', '-Znone', '--build', tree, target]))
  rmSync(tree, { recursive: true })
  return target
}

function test(root, file) {
  const newer = repack(file)
  for (const one of [file, newer]) copyFileSync(one, join(root, basename(one)))
  // A script inside, in namespaces of its own: no network but its own loopback, and every process ends with it.
  const inside = (script, seconds = 240) =>
    run(
      'unshare',
      ['--mount', '--net', '--pid', '--fork', '--kill-child', '--', 'sh', '-ec', ENTER, 'sh', root, script],
      {
        timeout: seconds * 1000,
        env: {
          PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
          HOME: '/root',
          LC_ALL: 'C.UTF-8',
          DEBIAN_FRONTEND: 'noninteractive',
        },
      },
    )
  const before = listFiles(root)
  check('it is installed', inside(`apt-get install -y --no-install-recommends /${basename(file)} 2>&1`))
  check('the command says what it is', inside('cordon --help'), /Every application its own way/)
  check('the man page can be read', inside('zcat /usr/share/man/man1/cordon.1.gz'), /COMMANDS/)
  check(
    'bash completes it',
    inside(
      'bash -n /usr/share/bash-completion/completions/cordon; grep -c renew /usr/share/bash-completion/completions/cordon',
    ),
  )
  check('each part has a user', inside('getent passwd cordon-tor cordon-gateway && getent group cordon'))
  check(
    'a program goes through its port on the lab, with circuits of its own',
    inside(`cordon up --lab --detach && cordon apps add mail && port=$(cordon env mail | sed -n 's/.*:\\([0-9]*\\).*/\\1/p' | head -1) &&
      curl -sS --max-time 60 -x socks5h://127.0.0.1:$port http://check.example/ && cordon circuits mail && cordon down`),
    /remoteAddress/,
  )
  check(
    'an upgrade keeps the state',
    inside(`apt-get install -y /${basename(newer)} 2>&1 >/dev/null && dpkg -s cordon | grep Version &&
    cat /root/.local/state/cordon/registry.json 2>/dev/null || find /root/.local/state/cordon -name '*.json'`),
    /\+1/,
  )
  check('nothing of the app was lost', inside('cordon up --lab --detach && cordon apps && cordon down'), /mail/)
  check('it is purged', inside('mkdir -p /var/lib/cordon/tor /etc/cordon; apt-get purge -y cordon 2>&1'))
  check('no user is left', inside('! getent passwd | grep cordon && ! getent group | grep cordon'))
  const left = listFiles(root).filter(path => !before.includes(path))
  check(`nothing is left${left.length === 0 ? '' : `: ${left.join(' ')}`}`, {
    status: left.length === 0 ? 0 : 1,
    stdout: '',
    stderr: '',
  })
}

/** Places that a package may leave something in. */
function listFiles(root) {
  return [
    'usr/lib',
    'usr/bin',
    'usr/share/man/man1',
    'etc',
    'var/lib',
    'usr/lib/systemd/system',
    'usr/share/doc',
  ].flatMap(directory =>
    existsSync(join(root, directory)) ? readdirSync(join(root, directory)).map(name => `${directory}/${name}`) : [],
  )
}

function check(what, { status, stdout, stderr }, wanted) {
  const ok = status === 0 && (wanted === undefined || wanted.test(stdout))
  if (ok) passed += 1
  else failed += 1
  process.stdout.write(`${ok ? 'ok' : 'not ok'} - ${what}\n`)
  if (!ok) process.stdout.write(`${(stdout + stderr).trim().split('\n').slice(-15).join('\n')}\n`)
}
