/**
 * `npm run test:package`: the Debian package in a clean Debian: installed, used on the lab, upgraded, purged; and the
 * same for a whole system, with systemd as process 1.
 *
 * It needs root (namespaces, cgroups) and, to make the clean Debian, the package mirror that this machine is set to.
 * What is installed runs in a network namespace without any way out. `--package FILE` takes a package that is built,
 * `--root DIR` a Debian root that is there (it is used as it is, and changed).
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { boot, makeCleanRoot, must, run, runInside } from './clean-debian.mjs'
import { ensurePackages, ensurePrograms, giveUp, nodeProgram, ROOT } from './setup.mjs'

const { values } = parseArgs({ options: { package: { type: 'string' }, root: { type: 'string' } } })
if (process.getuid() !== 0)
  giveUp('the test of the package cannot run: it needs root', 'Run: sudo npm run test:package')
ensurePackages()
ensurePrograms(['dpkg-deb', 'git', 'unshare'])

const work = mkdtempSync(join(tmpdir(), 'cordon-package-'))
const UNITS = ['tor', 'redis', 'gateway', 'dns', 'clock', 'updates', 'supervisor'].map(part => `cordon-${part}.service`)
let failed = 0
let passed = 0
try {
  const first = values.package ?? build()
  judge(first)
  if (values.package === undefined) {
    const again = build('again')
    check('built again, it is the same package', run('cmp', [first, again]))
  }
  const newer = repack(first)
  const root = values.root ?? makeRoot(first)
  for (const one of [first, newer]) copyFileSync(one, join(root, basename(one)))
  const before = listFiles(root)
  testForPerson(root, basename(first), basename(newer))
  await testForSystem(root, basename(first), basename(newer))
  const left = listFiles(root).filter(path => !before.includes(path))
  check('nothing is left', { status: left.length, stdout: left.join(' '), stderr: '' })
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 3 })
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

function build(place = 'package') {
  process.stderr.write('building the package …\n')
  return must('npm run package', run(nodeProgram(), [join(ROOT, 'deploy/dev/package.ts'), join(work, place)])).trim()
}

/** The programs that the package depends on come from the mirror of this machine; Cordon itself from the file. */
function makeRoot(file) {
  process.stderr.write('making a clean Debian …\n')
  const root = join(work, 'root')
  const depends = must('dpkg-deb', run('dpkg-deb', ['--field', file, 'Depends']))
  const names = depends.split(',').map(one => one.trim().split(/[ |]/)[0])
  makeCleanRoot(root, ['curl', 'dbus', 'libpam-systemd', ...names])
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

/** What lintian objects to and is not overridden with a reason. */
function judge(file) {
  ensurePrograms(['lintian'])
  check('lintian finds no error and no warning', run('lintian', ['--fail-on', 'error,warning', file]))
}

/** One person, without systemd. */
function testForPerson(root, first, newer) {
  const inside = script => runInside(root, script)
  check('it is installed', inside(`apt-get install -y --no-install-recommends /${first} 2>&1`))
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
      curl -sS --max-time 60 -x socks5h://127.0.0.1:$port http://check.example/ && cordon circuits mail && cordon down &&
      echo $port > /root/port`),
    /remoteAddress/,
  )
  check(
    'it is upgraded',
    inside(`apt-get install -y /${newer} 2>&1 >/dev/null && dpkg -s cordon | grep Version`),
    /\+1/,
  )
  check(
    'an upgrade keeps the app and its port',
    inside(`cordon up --lab --detach >/dev/null && cordon apps --json && cordon down >/dev/null &&
      echo "port $(cat /root/port)"`),
    // The same number in what the gateway says, and in what was written down before.
    /"id":\s?"mail"[\s\S]*"port":\s?(\d+)[\s\S]*port \1$/m,
  )
  check(
    'a locked machine keeps it, and is told why; unlocked, it lets it go',
    inside(`cordon lockdown on --tor-user cordon-tor
      if apt-get purge -y cordon 2>&1; then echo purged; exit 1; fi
      cordon lockdown off && cordon --help >/dev/null`),
    /this machine is locked[\s\S]*next: cordon lockdown off/,
  )
  // What a person has is not the package's to remove.
  check('it is purged', inside('apt-get purge -y cordon 2>&1; rm -r /root/port /root/.local/state/cordon'))
  check('no user is left', inside('! getent passwd | grep cordon && ! getent group | grep cordon'))
}

/** One person's own manager of services: the unit says when it is ready, reloads, comes back and ends. */
function testUserUnit(machine) {
  const lab = '[Service]\\nExecStart=\\nExecStart=/usr/bin/cordon up --lab\\n'
  const own = command => `su bert -s /bin/sh -c 'export XDG_RUNTIME_DIR=/run/user/$(id -u); ${command}'`
  const unit = verb => `systemctl --user ${verb} cordon.service`
  check(
    'the unit of one person is started, and ready when Cordon is',
    machine.run(`useradd -m bert
      mkdir -p /etc/systemd/user/cordon.service.d
      printf '${lab}' > /etc/systemd/user/cordon.service.d/lab.conf
      systemctl start user@$(id -u bert).service
      ${own(`${unit('start')} && cordon status`)}`),
    /ready on the LAB/,
  )
  check(
    'it reloads',
    machine.run(own(`${unit('reload')} && ${unit('is-active')} && cordon status`)),
    /ready on the LAB/,
  )
  check(
    'it is killed, and back',
    machine.run(
      own(`old=$(${unit('show -P MainPID')}); ${unit('kill -s KILL')}
        until [ $(${unit('show -P MainPID')}) != $old ] && cordon status; do sleep 0.5; done`),
    ),
    /ready on the LAB/,
  )
  check(
    'it is stopped: no part was taken for dead, and none is left',
    machine.run(`since=$(date +%s)
      ${own(unit('stop'))}
      if journalctl _UID=$(id -u bert) --since=@$since | grep 'starts again'; then exit 1; fi
      if cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep '/lib/[c]ordon'; then exit 1; fi
      systemctl stop user@$(id -u bert).service && userdel -rf bert 2>/dev/null
      rm -r /etc/systemd/user/cordon.service.d`),
  )
}

/** A whole system: the units started by systemd, used by a member of the group, killed, upgraded and purged. */
async function testForSystem(root, first, newer) {
  const machine = await boot(root)
  check('systemd boots the clean Debian', { status: machine === undefined ? 1 : 0, stdout: '', stderr: '' })
  if (machine === undefined) return
  const by = (user, command) => `su ${user} -s /bin/sh -c 'CORDON_RUNTIME_DIR=/run/cordon ${command}'`
  try {
    check(
      'it is installed where systemd runs, and starts nothing',
      machine.run(`apt-get install -y --no-install-recommends /${first} 2>&1 && ! systemctl is-active cordon.target`),
    )
    testUserUnit(machine)
    check(
      'the target starts every part, and does not wait for a network',
      machine.run(`useradd anna && adduser --quiet anna cordon && useradd eve
        timeout 200 systemctl start cordon.target && systemctl is-active ${UNITS.join(' ')}`),
    )
    check(
      'a member of the group sees the parts, and what tor waits for',
      machine.run(`until ${by('anna', 'cordon status')} | grep -q 'updates *ready'; do sleep 0.5; done
        ${by('anna', 'cordon status')} || [ $? = 4 ]`),
      /tor waits: this machine has no network/,
    )
    check(
      'somebody else is refused',
      machine.run(`if ${by('eve', 'cordon status')} 2>&1; then exit 1; fi`),
      /this one may not use it/,
    )
    check('a program of a member runs confined', machine.run(by('anna', 'cordon run mail -- ls /run')), /^user$/m)
    check(
      'who asks while the gateway starts again waits, and never hears that nothing runs',
      // A busy machine takes longer than the command waits: that is exit status 4, and 3 would be "not running".
      machine.run(`systemctl kill -s KILL cordon-gateway.service
        until ${by('anna', 'cordon apps --json')}; do [ $? = 4 ] || exit 1; done`),
      /"mail"/,
    )
    for (const unit of UNITS) check(`${unit} is killed, and back`, machine.run(killed(unit), 90))
    check(
      'systemd finds no mistake in a unit',
      machine.run('systemd-analyze verify --man=no /lib/systemd/system/cordon*'),
    )
    check(
      'an upgrade starts it again, with its apps',
      machine.run(`old=$(systemctl show -P MainPID cordon-gateway) && apt-get install -y /${newer} 2>&1 &&
        [ $(systemctl show -P MainPID cordon-gateway) != $old ] && ${by('anna', 'cordon apps --json')}`),
      /"mail"/,
    )
    check(
      'it is purged while it runs: no unit, no process, no user',
      machine.run(`apt-get purge -y cordon 2>&1
        if systemctl list-units --all --plain --no-legend 'cordon*' | grep .; then exit 1; fi
        if cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep '/lib/[c]ordon'; then exit 1; fi
        if getent passwd | grep cordon- || getent group | grep cordon; then exit 1; fi
        userdel -f anna; userdel -f eve`), // a session of theirs may still be ending
    )
  } finally {
    await machine.stop()
  }
}

/** Kill what a unit started, and wait until another process is there in its place. */
function killed(unit) {
  return `old=$(systemctl show -P MainPID ${unit}); systemctl kill -s KILL ${unit}
    until systemctl is-active -q ${unit} && [ $(systemctl show -P MainPID ${unit}) != $old ]; do sleep 0.2; done`
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
    // What ends in a hyphen is what the tools for users had before.
    existsSync(join(root, directory))
      ? readdirSync(join(root, directory)).flatMap(name => (name.endsWith('-') ? [] : [`${directory}/${name}`]))
      : [],
  )
}

function check(what, { status, stdout, stderr }, wanted) {
  const ok = status === 0 && (wanted === undefined || wanted.test(stdout))
  if (ok) passed += 1
  else failed += 1
  process.stdout.write(`${ok ? 'ok' : 'not ok'} - ${what}\n`)
  if (!ok) process.stdout.write(`${(stdout + stderr).trim().split('\n').slice(-15).join('\n')}\n`)
}
