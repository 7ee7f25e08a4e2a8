/** What stands in a Debian package of Cordon beside the installation itself. */

/** The architectures of Node by Debian's names. */
export const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

export interface ControlInput {
  readonly version: string
  readonly architecture: string
  /** KiB, as dpkg shows. */
  readonly installedSize: number
}

/** The programs of the distribution that Cordon starts, and what it starts them with. */
const DEPENDS = [
  'libc6 (>= 2.36)',
  'libstdc++6',
  'tor (>= 0.4.8)',
  // The checker of redis-tools is the same program, in a package that starts no service on a port.
  'redis-tools | redis-server',
  'util-linux (>= 2.38)',
  'iproute2',
  'nftables',
  'bubblewrap',
  'ca-certificates',
  // Verify certificates of the past, and signatures. Newer releases of Debian do without gpgv themselves.
  'openssl',
  'gpgv',
  // Makes the users of a system's parts, also where systemd does not run.
  'systemd | systemd-standalone-sysusers',
]

/** Whoever builds a package to give away puts an address of their own here; this one is nobody's (RFC 2606). */
const MAINTAINER = 'The Cordon maintainers <maintainers@cordon.example>'

/** Format DEBIAN/control (deb-control(5)). */
export const formatControl = ({ version, architecture, installedSize }: ControlInput): string =>
  `${[
    'Package: cordon',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    'Section: net',
    'Priority: optional',
    `Installed-Size: ${installedSize}`,
    `Depends: ${DEPENDS.join(', ')}`,
    'Recommends: systemd, dbus-user-session, xdg-dbus-proxy, obfs4proxy, libnotify-bin',
    'Description: every application its own way through Tor, and the proof',
    ' Each application has a port, circuits and an identity of its own, which can be',
    ' renewed alone. Two applications never share a circuit, and the events of tor',
    ' show it.',
    ' .',
    ' It runs for one person (cordon up) or for a whole system (cordon.target).',
  ].join('\n')}\n`

/** Nothing is started by installing: who Cordon runs for, a person or the system, is the administrator's to say. */
const POSTINST = `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if command -v systemd-sysusers >/dev/null; then systemd-sysusers cordon.conf; fi
  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true
    systemd-tmpfiles --create cordon.conf || true
    # An upgrade of a system where it runs: the new version, with the state of the old one.
    systemctl try-restart cordon.target || true
  fi
fi
`

/**
 * A locked machine keeps its rules without Cordon, and loses the command that takes them away; purged, it would lose the
 * rules at its next start, and be open without a word.
 */
const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -e "$DPKG_ROOT/etc/cordon/lockdown.json" ]; then
  echo 'cordon: this machine is locked (cordon lockdown), and only Cordon can unlock it' >&2
  echo '  next: cordon lockdown off; then remove the package again' >&2
  exit 1
fi
if [ "$1" = remove ] && [ -d "$DPKG_ROOT/run/systemd/system" ]; then
  systemctl disable --now cordon.target cordon-gateway.socket cordon-lockdown-relays.timer || true
fi
`

/** Purging leaves nothing: no state, no configuration, no user and no group. */
const postrm = (users: readonly string[]): string => `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
if [ "$1" = purge ]; then
  rm -rf /var/lib/cordon /run/cordon /etc/cordon
  for user in ${users.join(' ')}; do
    if getent passwd "$user" >/dev/null && command -v userdel >/dev/null; then userdel "$user" || true; fi
    if getent group "$user" >/dev/null && command -v groupdel >/dev/null; then groupdel "$user" || true; fi
  done
  if getent group cordon >/dev/null && command -v groupdel >/dev/null; then groupdel cordon || true; fi
fi
`

/** The scripts of the package, by their names. */
export const formatScripts = (users: readonly string[]): ReadonlyMap<string, string> =>
  new Map([
    ['postinst', POSTINST],
    ['prerm', PRERM],
    ['postrm', postrm(users)],
  ])

/** What dpkg asks about before it replaces or removes it: the file that a system is configured by. */
export const CONFFILES = '/etc/cordon/cordon.yaml\n'

/** The configuration of a system as it is installed: nothing must stand there. */
export const CONFIGURATION = `# The configuration of Cordon as a system (cordon.target). Nothing must stand here; README.md has all settings.
# The parts follow this file while they run; what concerns tor takes: systemctl restart cordon-tor.service
# apps:
#   mail: { ports: [143, 587, 993] }
`

/** Format the changelog as Debian has it (deb-changelog(5)); what has changed stands in CHANGELOG.md beside it. */
export const formatChangelog = (version: string, date: Date): string =>
  [
    `cordon (${version}) unstable; urgency=medium`,
    '',
    '  * See /usr/share/doc/cordon/CHANGELOG.md.gz.',
    '',
    ` -- ${MAINTAINER}  ${date.toUTCString().replace('GMT', '+0000')}`,
    '',
  ].join('\n')

/** What lintian need not say, each with its reason. */
export const LINTIAN_OVERRIDES = `# Node and every package are inside: one lock file decides what runs, on every release of Debian.
cordon: embedded-library *node_modules/node-linux-*
cordon: hardening-no-pie *node_modules/node-linux-*
cordon: unstripped-binary-or-object *node_modules/*
# Scripts of packages are modules here: none is executed, and the launcher names the Node that came with them.
cordon: missing-dep-for-interpreter node *
cordon: script-not-executable *node_modules/*
cordon: unusual-interpreter *node_modules/*
# What belongs together starts together, when an administrator says so.
cordon: systemd-service-file-refers-to-unusual-wantedby-target cordon.target *
# deb-systemd-invoke knows no try-restart, and restart would start what an administrator has stopped.
cordon: maintainer-script-calls-systemctl *
`

/** What /usr/bin/cordon is: the command under the Node that came with it. */
export const LAUNCHER = `#!/bin/sh
exec /usr/lib/cordon/bin/node /usr/lib/cordon/services/supervisor/bin/cordon.js "$@"
`

/** What a command says of itself (\`--help\`). */
export interface Help {
  readonly command: string
  readonly text: string
}

/** Format man page cordon(1) from what the commands say of themselves. */
export function formatManPage(version: string, [root, ...commands]: readonly Help[]): string {
  return `${[
    `.TH CORDON 1 "" "cordon ${version}" "Cordon"`,
    '.SH NAME',
    'cordon \\- every application its own way through Tor, and the proof',
    '.SH SYNOPSIS',
    '.B cordon',
    '[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]',
    '.SH DESCRIPTION',
    verbatim(root?.text ?? ''),
    '.SH COMMANDS',
    ...commands.flatMap(({ command, text }) => [`.SS cordon ${command}`, verbatim(text)]),
    '.SH EXIT STATUS',
    '0 done, 1 failed, 2 usage, 3 not running, 4 not ready, 5 breached, 10 an update is available.',
    '.SH FILES',
    '/etc/cordon/cordon.yaml and /var/lib/cordon for a system; $XDG_CONFIG_HOME/cordon/cordon.yaml and',
    '$XDG_STATE_HOME/cordon for a person. None of them must be there.',
  ].join('\n')}\n`
}

/** Lines as they are: a backslash, and a dot or quote that begins a line, would be commands (groff(7)). */
const verbatim = (text: string): string =>
  [
    '.nf',
    ...text
      .trimEnd()
      .split('\n')
      .map(line =>
        line
          .replaceAll('\\', '\\e')
          .replace(/^([.'])/, '\\&$1')
          .replaceAll('-', '\\-'),
      ),
    '.fi',
  ].join('\n')
