/** The parts of Cordon as services of a system: what each is, and what it may do. */

/** One part under systemd. */
export interface SystemPart {
  readonly name: string
  readonly title: string
  /** What is executed, below the place of the installation (`@lib@`) and with `@directories@` filled in. */
  readonly exec: string
  /** Groups besides the own one: whose sockets it uses. */
  readonly groups: readonly string[]
  /** Its primary group: `cordon` for those whose sockets everybody in that group may use. */
  readonly group: string
  /** Address families beyond AF_UNIX. */
  readonly families: readonly string[]
  readonly memory: string
  readonly after: readonly string[]
  /** Lines of its own. */
  readonly more?: readonly string[]
}

/** The shell's own kill: the program is in a package (procps) that need not be there. */
export const HANG_UP = `/bin/sh -c 'kill -HUP $MAINPID'`

const NODE = '@lib@/bin/node'
const COMMAND = `${NODE} @lib@/services/supervisor/bin/cordon.js`
const INTERNET = ['AF_INET', 'AF_INET6'] as const
const TOR_GROUP = 'cordon-tor'
const REDIS_GROUP = 'cordon-redis'

/** What a part without a way out has: no address but those of this machine, whatever it tries. */
const LOCAL_ONLY = ['IPAddressDeny=any', 'IPAddressAllow=localhost'] as const

export const SYSTEM_PARTS: readonly SystemPart[] = [
  {
    name: 'tor',
    title: 'the way out',
    exec: `${COMMAND} part tor @directories@`,
    groups: [],
    group: TOR_GROUP,
    families: INTERNET,
    memory: '1G',
    after: ['network.target', 'cordon-lockdown.service'],
    // Only relays of the Tor network: the machine's firewall (cordon lockdown) knows them, systemd does not.
    // A tor that reads what is not valid ends, so that is found out before.
    more: ['LimitNOFILE=32768', `ExecReload=${COMMAND} part tor --prepare @directories@`, `ExecReload=${HANG_UP}`],
  },
  {
    name: 'redis',
    title: 'the queue of jobs',
    exec: `${COMMAND} part redis @directories@`,
    groups: [],
    group: REDIS_GROUP,
    families: [],
    memory: '128M',
    after: [],
    more: ['PrivateNetwork=yes', 'IPAddressDeny=any'],
  },
  {
    name: 'gateway',
    title: 'the ports of apps',
    exec: `${NODE} @lib@/gateway/src/main.ts @directories@ --access group`,
    groups: [TOR_GROUP, REDIS_GROUP],
    group: 'cordon',
    families: [...INTERNET, 'AF_NETLINK'],
    memory: '1G',
    after: ['cordon-tor.service', 'cordon-redis.service'],
    more: [...LOCAL_ONLY, 'LimitNOFILE=65536', 'Sockets=cordon-gateway.socket'],
  },
  {
    name: 'dns',
    title: 'the names of apps',
    exec: `${NODE} @lib@/services/dns/src/main.ts @directories@ --access group`,
    groups: [REDIS_GROUP],
    group: 'cordon',
    families: [...INTERNET, 'AF_NETLINK'],
    memory: '256M',
    after: ['cordon-gateway.service'],
    more: LOCAL_ONLY,
  },
  {
    name: 'clock',
    title: 'the time over Tor',
    exec: `${NODE} @lib@/services/clock/src/main.ts @directories@ --access group`,
    groups: [REDIS_GROUP],
    group: 'cordon',
    families: INTERNET,
    memory: '256M',
    after: ['cordon-gateway.service', 'cordon-redis.service'],
    more: LOCAL_ONLY,
  },
  {
    name: 'updates',
    title: 'the update checks',
    exec: `${NODE} @lib@/services/updates/src/main.ts @directories@ --access group`,
    groups: [REDIS_GROUP],
    group: 'cordon',
    families: [],
    memory: '256M',
    after: ['cordon-gateway.service', 'cordon-redis.service'],
    more: ['PrivateNetwork=yes', 'IPAddressDeny=any'],
  },
  {
    name: 'supervisor',
    title: 'the view of all parts',
    exec: `${COMMAND} up --system --json @directories@`,
    groups: [TOR_GROUP, REDIS_GROUP],
    group: 'cordon',
    families: ['AF_NETLINK'],
    memory: '256M',
    after: ['cordon-gateway.service'],
    more: ['IPAddressDeny=any'],
  },
]

/** The directories of sockets, each of the part that makes them and of the group that may use them. */
export const SOCKET_DIRECTORIES: readonly { readonly name: string; readonly part: string; readonly group: string }[] = [
  ...SYSTEM_PARTS.map(({ name, group }) => ({ name, part: name, group })),
  { name: 'apps', part: 'gateway', group: 'cordon' },
  // tor connects to what stands there.
  { name: 'onion', part: 'gateway', group: TOR_GROUP },
]

/** The user of a part. */
export const userOf = (part: string): string => `cordon-${part}`
