import { isIP } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import type { RedisSettings } from '../../contracts/index.ts'
import { Fault } from '../../errors/index.ts'
import { checkUnixPath, readFileBounded } from '../../runtime/edge/index.ts'
import { planWait } from '../../runtime/index.ts'
import { GuardedConnector } from './guarded-connector.ts'

export type RedisClient = Redis | Cluster

/** A quick command that takes longer is not coming: Redis is frozen or gone. Arbitrary. */
export const COMMAND_DEADLINE_MS = 2000
const BACK_OFF = { firstMs: 50, capMs: 2000 }
const SECRET_MAX_BYTES = 65_536

/** The settings with what their files hold. */
export interface RedisAccess {
  readonly settings: RedisSettings
  readonly password: string | undefined
  readonly authority: Buffer | undefined
}

/** Read the files of the settings, and refuse what would show jobs or the password to the network. */
export async function readRedisAccess(settings: RedisSettings): Promise<RedisAccess> {
  const { passwordFile } = settings
  const tls = 'tls' in settings ? settings.tls : undefined
  const beyond = nodesOf(settings).filter(({ address }) => !isLoopback(address))
  if (nodesOf(settings).some(({ address }) => isIP(address) === 0)) {
    throw unsafe('a node is not written as an address; looking a name up would happen outside Tor')
  }
  if (tls === undefined && beyond.length > 0) throw unsafe('a node beyond this machine needs tls')
  const password = passwordFile === undefined ? undefined : await readFileBounded(passwordFile, SECRET_MAX_BYTES)
  if (passwordFile !== undefined && password === undefined) throw unsafe('there is no passwordFile at its path')
  const authorityFile = tls?.authorityFile
  const authority = authorityFile === undefined ? undefined : await readFileBounded(authorityFile, SECRET_MAX_BYTES)
  if (authorityFile !== undefined && authority === undefined) throw unsafe('there is no authorityFile at its path')
  if ('socket' in settings) checkUnixPath(settings.socket)
  return { settings, password: password?.toString('utf8').trimEnd(), authority }
}

type Patience = 'impatient' | 'patient'

/** Make a client. `impatient` ones fail at once when Redis is away; others wait for it as long as it takes. */
export function openRedisClient(access: RedisAccess, patience: Patience): RedisClient {
  const { settings } = access
  const options = toOptions(access, patience)
  if ('socket' in settings) return new Redis({ ...options, path: settings.socket })
  if ('node' in settings)
    return new Redis({ ...options, Connector: GuardedConnector, host: settings.node.address, port: settings.node.port })
  if ('cluster' in settings) {
    return new Cluster(settings.cluster.map(toHost), {
      redisOptions: { ...options, Connector: GuardedConnector },
      enableOfflineQueue: patience === 'patient',
      clusterRetryStrategy: waitBefore,
      dnsLookup: (name, done) => (isIP(name) === 0 ? done(unsafe(NAMED_NODE), '') : done(null, name)),
    })
  }
  return new Redis({
    ...options,
    sentinels: settings.sentinels.map(toHost),
    name: settings.master,
    natMap: refuseNames,
    ...('tls' in options ? { enableTLSForSentinelMode: true, sentinelTLS: options.tls } : {}),
    sentinelRetryStrategy: waitBefore,
  })
}

const toHost = ({ address, port }: { readonly address: string; readonly port: number }) => ({ host: address, port })

const waitBefore = (attempt: number): number => planWait(BACK_OFF, attempt - 1, Math.random())

function toOptions({ settings, password, authority }: RedisAccess, patience: Patience) {
  const tls = 'tls' in settings ? settings.tls : undefined
  return {
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === undefined
      ? {}
      : { tls: { servername: tls.name, ...(authority === undefined ? {} : { ca: authority }) } }),
    ...(patience === 'impatient' ? IMPATIENT : {}),
    maxRetriesPerRequest: null,
    retryStrategy: waitBefore,
    connectTimeout: 5000,
    keepAlive: 10_000,
    connectionName: 'cordon',
    disableClientInfo: true,
  }
}

const IMPATIENT = {
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  commandTimeout: COMMAND_DEADLINE_MS,
} as const

const NAMED_NODE = 'it names one of its nodes by a name and not by an address'

/** Sentinels may announce names, which Node would look up outside Tor (ioredis asks this for each of them). */
function refuseNames(hostAndPort: string): null {
  if (isIP(hostAndPort.slice(0, hostAndPort.lastIndexOf(':'))) === 0) throw unsafe(NAMED_NODE)
  return null // as it is
}

function nodesOf(settings: RedisSettings): readonly { readonly address: string }[] {
  if ('socket' in settings) return []
  if ('node' in settings) return [settings.node]
  return 'cluster' in settings ? settings.cluster : settings.sentinels
}

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.')

const unsafe = (why: string): Fault =>
  new Fault('QUE_SETTINGS_UNSAFE', `the settings of Redis cannot be used: ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Write addresses instead of names, give tls beyond this machine, and name files that exist.',
  })
