import { execFile } from 'node:child_process'
import { lstat, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Configuration, layOutRuntime, type Problem } from '@cordon/shared/contracts'
import { Fault, systemCode } from '@cordon/shared/errors'
import { judgeRedis } from '@cordon/shared/queue'
import { readConfiguration, readFileBounded } from '@cordon/shared/runtime/edge'
import type { Directories } from '../cli/index.ts'
import { type DesktopDns, type Facts, isLoopback, isResolvedAsked } from '../doctor/index.ts'
import { judgeFullness, REDIS_PROGRAMS, redisMissing } from '../redis/index.ts'
import { ask, STATUS_QUESTION } from './api-client.ts'
import { hasNetwork } from './has-network.ts'
import { lookAtExposure } from './look-at-exposure.ts'
import { GATEWAY_QUESTION } from './part-statuses.ts'
import { askRedis } from './redis-question.ts'
import { findProgram, findTor } from './tor-program.ts'

/** Newer than this file nothing of an installation need be. */
const OUR_OWN_FILE = fileURLToPath(import.meta.url)

/** A gateway that lives answers in milliseconds; the doctor has other things to look at. Arbitrary. */
const DEADLINE_MS = 3000

type Describe = (thrown: unknown) => Problem

/** Look at everything the doctor judges. Nothing is changed, and no failure ends it: failures are the facts. */
export async function collectFacts(directories: Directories, describe: Describe): Promise<Facts> {
  const { configurationFile, configurationNamed, stateDirectory, runtimeDirectory } = directories
  const layout = layOutRuntime(runtimeDirectory)
  const failure = (promise: Promise<unknown>): Promise<Problem | undefined> => promise.then(() => undefined, describe)
  let configuration: Configuration = {}
  const configurationProblem = await failure(
    readConfiguration(configurationFile, configurationNamed).then(loaded => {
      configuration = loaded
    }),
  )
  let supervisor: Facts['supervisor'] = 'running'
  const status = await ask(layout.supervisorSocket, STATUS_QUESTION, DEADLINE_MS).catch((thrown: unknown) => {
    supervisor = thrown instanceof Fault && thrown.code === 'SUP_NOT_RUNNING' ? 'absent' : 'silent'
    return undefined
  })
  const { tor, redis } = configuration
  const [gateway, torProblem, redisProblem, namespaces, ours, ...unsafe] = await Promise.all([
    ask(layout.gatewaySocket, GATEWAY_QUESTION, DEADLINE_MS).catch(() => undefined),
    tor?.external === undefined ? failure(findTor(tor?.program)) : undefined,
    failure(lookAtRedis(redis === undefined ? layout.redisSocket : socketOf(redis), redis !== undefined)),
    mayMakeNamespaces(),
    stat(OUR_OWN_FILE),
    ...[stateDirectory, runtimeDirectory].map(path => failure(lookAtDirectory(path))),
  ])
  const app = configuration.dns?.desktop
  const servers = await readServers()
  return {
    supervisor,
    status,
    gateway,
    configurationProblem,
    torProblem,
    hasNetwork: hasNetwork(),
    directoryProblems: unsafe.filter(problem => problem !== undefined),
    namespaces,
    redisProblem,
    desktopDns: app === undefined ? undefined : { app, ...servers },
    exposure: await lookAtExposure(asksOutside(servers)),
    clockBehindMs: Math.max(0, ours.mtimeMs - Date.now()),
  }
}

const socketOf = (redis: NonNullable<Configuration['redis']>): string | undefined =>
  'socket' in redis ? redis.socket : undefined

/** What the supervisor would refuse or mend; a directory that is not there yet is made. */
async function lookAtDirectory(path: string): Promise<void> {
  const found = await lstat(path).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unsafe(path, `cannot be looked at (${systemCode(cause) ?? 'unknown error'})`, cause)
  })
  if (found === undefined) return
  if (!found.isDirectory()) throw unsafe(path, found.isSymbolicLink() ? 'is a symbolic link' : 'is not a directory')
  if (found.uid !== process.geteuid?.()) throw unsafe(path, `belongs to user ${found.uid}`)
}

const unsafe = (path: string, why: string, cause?: unknown): Fault =>
  new Fault('HOST_DIRECTORY_UNSAFE', `${path} ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Give it back to this user, remove it, or name another place with --state-dir or --runtime-dir.',
    cause,
  })

/** A Redis that is named and not on an AF_UNIX socket is looked at by those who use it. */
async function lookAtRedis(socket: string | undefined, isNamed: boolean): Promise<void> {
  if (socket === undefined) return
  const info = await askRedis(socket, 'INFO').catch((cause: unknown) => {
    // Ours is started with the rest: it can be missing, and otherwise it does not run because nothing does.
    if (!isNamed) return undefined
    throw new Fault('QUE_UNREACHABLE', 'the Redis that the configuration names does not answer', {
      where: 'local',
      retry: 'after-waiting',
      next: 'Start it, or mend redis in the configuration. The traffic of apps is not affected.',
      cause,
    })
  })
  const fault = info === undefined ? undefined : (judgeRedis(info) ?? judgeFullness(info))
  if (fault !== undefined) throw fault
  if (!isNamed && REDIS_PROGRAMS.every(name => findProgram(name) === undefined)) throw redisMissing()
}

/** resolv.conf(5) is short. Arbitrary. */
const RESOLV_CONF_MAX_BYTES = 65_536

/** Look who is asked for names. Only read, never asked. */
async function readServers(): Promise<Omit<DesktopDns, 'app'>> {
  const [nameservers, uplinks] = await Promise.all(
    ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'].map(async path => {
      const bytes = await readFileBounded(path, RESOLV_CONF_MAX_BYTES).catch(() => undefined)
      return readNameservers(bytes?.toString('latin1') ?? '')
    }),
  )
  return { nameservers: nameservers ?? [], uplinks: uplinks ?? [] }
}

/** What systemd-resolved asks counts where programs ask it. */
const asksOutside = ({ nameservers, uplinks }: Omit<DesktopDns, 'app'>): boolean =>
  (isResolvedAsked(nameservers) ? uplinks : nameservers).some(server => !isLoopback(server))

const readNameservers = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server = '']) => server)

/** Try it with a program that does nothing. */
function mayMakeNamespaces(): Promise<boolean> {
  return new Promise(resolve => {
    const args = ['--user', '--map-root-user', '--net', '--mount', 'true']
    execFile('unshare', args, { timeout: DEADLINE_MS }, error => resolve(error === null))
  })
}
