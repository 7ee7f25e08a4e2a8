import type { Access } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'

export interface RedisConfigurationInput {
  readonly directory: string
  readonly socket: string
  readonly access: Access
}

/** Ten thousand jobs take 20 MB (measured), and the queue keeps some hundreds. */
const MEMORY = '64mb'

/** Two or three connections for each part; below the files that it may open, as redis wants. Arbitrary. */
const CLIENTS = 256

/**
 * Format the configuration of the embedded Redis.
 *
 * It listens on one AF_UNIX socket and on no port, keeps nothing on disk (schedules live in state files), and refuses
 * writes when it is full rather than throw jobs away.
 */
export function formatRedisConfiguration({ directory, socket, access }: RedisConfigurationInput): string {
  return `${[
    'port 0',
    'tls-port 0',
    `unixsocket ${quote(socket)}`,
    `unixsocketperm ${access === 'group' ? 660 : 600}`,
    `dir ${quote(directory)}`,
    'save ""',
    'appendonly no',
    `maxmemory ${MEMORY}`,
    'maxmemory-policy noeviction',
    `maxclients ${CLIENTS}`,
    'databases 1',
    // Ten wake-ups a second are for servers with clients that wait; here nothing does.
    'hz 1',
    'daemonize no',
    // Under systemd it says itself that it is ready, where the distribution built it so.
    'supervised auto',
    'loglevel warning',
    'logfile ""',
    'always-show-logo no',
    'set-proc-title no',
    'crash-memcheck-enabled no',
  ].join('\n')}\n`
}

/** A double-quoted word of redis.conf: backslash escapes, as in C (sdssplitargs). */
function quote(path: string): string {
  if (!/\p{Cc}/u.test(path)) return `"${path.replace(/["\\]/g, '\\$&')}"`
  throw new Fault('HOST_SOCKET_UNUSABLE', 'the path of the socket of redis holds a control character', {
    where: 'host',
    retry: 'never',
    next: 'Name plainer directories with --runtime-dir.',
  })
}
