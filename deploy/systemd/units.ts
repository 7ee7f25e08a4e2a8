/** Format the files that systemd reads. They follow from the table of parts, and from nothing else. */
import { HANG_UP, SOCKET_DIRECTORIES, SYSTEM_PARTS, type SystemPart, userOf } from './parts.ts'

/** Where an installation lives. */
export const LIBRARY = '/usr/lib/cordon'

/**
 * What every part is denied (systemd.exec(5)).
 *
 * MemoryDenyWriteExecute is not among them: Node compiles what it runs, and tor and redis are started by it.
 */
const CONFINEMENT: readonly string[] = [
  'UMask=0077',
  'NoNewPrivileges=yes',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'PrivateUsers=yes',
  'PrivateIPC=yes',
  'DevicePolicy=closed',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'ProcSubset=pid',
  'RemoveIPC=yes',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'KeyringMode=private',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  // Limits of their own (@resources) tor and Node set and read as they start.
  'SystemCallFilter=~@privileged @mount @debug @cpu-emulation @obsolete',
  'SystemCallErrorNumber=EPERM',
  'LimitCORE=0',
]

/** What a part needs that the list above would take: each line with its reason. */
const EXCEPTIONS: Readonly<Record<string, ReadonlyMap<string, string | undefined>>> = {
  // It looks up which program has a taken port, and whose a connection is: not in a user namespace of its own.
  gateway: new Map([
    ['PrivateUsers=yes', undefined],
    ['ProcSubset=pid', undefined],
  ]),
  dns: new Map([
    ['PrivateUsers=yes', undefined],
    ['ProcSubset=pid', undefined],
  ]),
}

/** The rules are the machine's, and what tor keeps is readable for tor alone. */
const RELAYS_EXCEPTIONS: ReadonlyMap<string, string | readonly string[]> = new Map<string, string | readonly string[]>([
  ['CapabilityBoundingSet=', 'CapabilityBoundingSet=CAP_NET_ADMIN CAP_DAC_READ_SEARCH'],
  ['PrivateUsers=yes', []],
])

/** Format the unit of one part. */
export function formatService(part: SystemPart): string {
  const { name, title, groups, group, families, memory, after, more = [] } = part
  const excepted = EXCEPTIONS[name] ?? new Map()
  const confinement = CONFINEMENT.filter(line => !excepted.has(line))
  const fill = (text: string): string =>
    text.replaceAll('@lib@', LIBRARY).replaceAll('@directories@', directoriesOf(name))
  return lines([
    HEADER,
    '[Unit]',
    `Description=Cordon: ${title}`,
    'Documentation=man:cordon(1)',
    ...(after.length === 0 ? [] : [`After=${after.join(' ')}`]),
    'PartOf=cordon.target',
    '',
    '[Service]',
    'Type=notify',
    `ExecStart=${fill(part.exec)}`,
    `User=${userOf(name)}`,
    `Group=${group}`,
    ...(groups.length === 0 ? [] : [`SupplementaryGroups=${groups.join(' ')}`]),
    `StateDirectory=cordon/${name}`,
    'StateDirectoryMode=0700',
    // What is compiled lies beside the state: there is no home.
    `Environment=NODE_COMPILE_CACHE=/var/lib/cordon/${name}/compiled`,
    `ReadWritePaths=${writable(name).join(' ')}`,
    'Restart=always',
    'RestartSec=2',
    'TimeoutStartSec=300',
    'TimeoutStopSec=35',
    ...(name === 'tor' || name === 'redis' ? [] : ['WatchdogSec=30']),
    `MemoryMax=${memory}`,
    'TasksMax=128',
    `RestrictAddressFamilies=${['AF_UNIX', ...families].join(' ')}`,
    ...more.map(fill),
    ...confinement,
    '',
    '[Install]',
    'WantedBy=cordon.target',
  ])
}

const HEADER = '# Written by deploy/dev/write-units.ts from the table of parts.'

const directoriesOf = (name: string): string =>
  `--config /etc/cordon/cordon.yaml --state-dir /var/lib/cordon/${name} --runtime-dir /run/cordon`

const writable = (name: string): readonly string[] =>
  SOCKET_DIRECTORIES.filter(({ part }) => part === name).map(directory => `/run/cordon/${directory.name}`)

/** All system files, by their names below deploy/systemd. */
export function formatSystemFiles(): ReadonlyMap<string, string> {
  return new Map([
    ...SYSTEM_PARTS.map(part => [`system/${userOf(part.name)}.service`, formatService(part)] as const),
    ['system/cordon-gateway.socket', GATEWAY_SOCKET],
    ['system/cordon.target', TARGET],
    [`system/${RELAYS_UNIT}.service`, RELAYS_SERVICE],
    [`system/${RELAYS_UNIT}.timer`, RELAYS_TIMER],
    ['user/cordon.service', USER_SERVICE],
    ['sysusers.d/cordon.conf', formatUsers()],
    ['tmpfiles.d/cordon.conf', formatDirectories()],
  ])
}

const GATEWAY_SOCKET = lines([
  HEADER,
  '# While the gateway starts again, whoever asks it waits instead of being refused.',
  '[Unit]',
  'Description=Cordon: the admin API of the gateway',
  'PartOf=cordon.target',
  '',
  '[Socket]',
  'ListenStream=/run/cordon/gateway/admin.sock',
  'FileDescriptorName=admin.sock',
  `SocketUser=${userOf('gateway')}`,
  'SocketGroup=cordon',
  'SocketMode=0660',
  'RemoveOnStop=yes',
  '',
  '[Install]',
  'WantedBy=cordon.target',
])

/** What keeps the relays of a locked machine new. */
export const RELAYS_UNIT = 'cordon-lockdown-relays'

/** It does nothing on a machine that is not locked, and nothing where tor may reach every address. */
const RELAYS_SERVICE = lines([
  HEADER,
  '[Unit]',
  'Description=Cordon: the relays that the tor of a locked machine may reach',
  'Documentation=man:cordon(1)',
  'ConditionPathExists=/etc/cordon/lockdown.json',
  'After=cordon-lockdown.service cordon-tor.service',
  '',
  '[Service]',
  'Type=oneshot',
  `ExecStart=${LIBRARY}/bin/node ${LIBRARY}/services/supervisor/bin/cordon.js lockdown relays`,
  'TimeoutStartSec=60',
  'MemoryMax=256M',
  'TasksMax=64',
  'ReadWritePaths=-/etc/cordon',
  'RestrictAddressFamilies=AF_UNIX AF_NETLINK',
  'IPAddressDeny=any',
  ...CONFINEMENT.flatMap(line => RELAYS_EXCEPTIONS.get(line) ?? line),
])

const RELAYS_TIMER = lines([
  HEADER,
  '[Unit]',
  'Description=Cordon: the relays that the tor of a locked machine may reach, again and again',
  'Documentation=man:cordon(1)',
  'PartOf=cordon.target',
  '',
  '[Timer]',
  'OnActiveSec=5min',
  // A consensus is for an hour, and tor takes a new one some time in it. Nothing is asked of anybody by this.
  'OnUnitInactiveSec=20min',
  '',
  '[Install]',
  'WantedBy=timers.target cordon.target',
])

const TARGET = lines([
  HEADER,
  '[Unit]',
  'Description=Cordon',
  'Documentation=man:cordon(1)',
  `Wants=cordon-gateway.socket ${SYSTEM_PARTS.map(({ name }) => `${userOf(name)}.service`).join(' ')} ${RELAYS_UNIT}.timer`,
  '',
  '[Install]',
  'WantedBy=multi-user.target',
])

const USER_SERVICE = lines([
  HEADER,
  '# For one person: systemctl --user enable --now cordon.service. All parts run as that person.',
  '[Unit]',
  'Description=Cordon: every application its own way through Tor',
  'Documentation=man:cordon(1)',
  '',
  '[Service]',
  'Type=notify',
  'ExecStart=/usr/bin/cordon up',
  `ExecReload=${HANG_UP}`,
  // The supervisor ends its parts, in an order; told at the same time, they would look as if they died.
  'KillMode=mixed',
  'Restart=on-failure',
  'RestartSec=5',
  // A slow line or a censor: tor goes on trying, and what it has so far is not thrown away.
  'TimeoutStartSec=infinity',
  'TimeoutStopSec=35',
  'WatchdogSec=30',
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'SystemCallArchitectures=native',
  'LimitCORE=0',
  '',
  '[Install]',
  'WantedBy=default.target',
])

/** sysusers.d(5): a user for each part, the groups, and who uses whose sockets. */
function formatUsers(): string {
  return lines([
    HEADER,
    '# Members of cordon may use the ports of apps: adduser NAME cordon',
    'g cordon - -',
    ...SYSTEM_PARTS.map(
      ({ name, title }) => `u ${userOf(name)} - "Cordon, ${title}" /var/lib/cordon /usr/sbin/nologin`,
    ),
  ])
}

/** tmpfiles.d(5): setgid, so that each socket belongs to the group that may use it. */
function formatDirectories(): string {
  return lines([
    HEADER,
    'd /run/cordon 0755 root root -',
    ...SOCKET_DIRECTORIES.map(({ name, part, group }) => `d /run/cordon/${name} 2750 ${userOf(part)} ${group} -`),
  ])
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
