import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { findFreePort } from '../free-port.ts'
import { until } from '../until.ts'

/** A redis-server of one test, on an AF_UNIX socket in a directory of its own. It goes with the test. */
export interface RedisUnderTest {
  readonly socket: string
  start(...more: readonly string[]): Promise<void>
  /** Start it so that it saves to a disk of 16 KiB of its own, which can be made larger. */
  startOnTinyDisk(): Promise<{ grow(): Promise<void> }>
  /** Send a signal; resolve when the process has gone or stands still, if it is one that does that. */
  signal(signal: NodeJS.Signals): Promise<void>
  /** Run one command on a connection of its own, and return the reply without its type. */
  command(...words: readonly string[]): Promise<string>
}

/** redis-tools alone has the same binary under another name: it looks at the name that it is called by. */
const REDIS = 'redis-check-rdb'

/** A primary waits five seconds for more replicas before it sends the first one anything. */
const AT_ONCE = ['--repl-diskless-sync-delay', '0']

/** Prepare a Redis without starting it: Debian's, from the package redis-server or redis-tools. */
export async function prepareRedis(t: Test): Promise<RedisUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-redis-'))
  const socket = join(directory, 'redis.sock')
  let running: ChildProcess | undefined
  const ended = async (): Promise<void> => {
    if (running === undefined) return
    if (!hasEnded(running)) await once(running, 'exit')
    running = undefined
  }
  t.teardown(async () => {
    running?.kill('SIGKILL')
    await ended()
    await rm(directory, { recursive: true, force: true })
  })
  const options = { '--port': '0', '--unixsocket': socket, '--unixsocketperm': '600', '--dir': directory }
  const fixed = [
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
    '--daemonize',
    'no',
    ...AT_ONCE,
  ]
  const given = [...Object.entries(options).flat(), ...fixed]
  const answer = async (): Promise<void> => {
    await until('redis answers', async () => {
      if (running === undefined || hasEnded(running)) throw new Error('redis has ended: somebody has its port, perhaps')
      return /PONG|NOAUTH/.test(await under.command('PING').catch(() => ''))
    })
  }
  const under: RedisUnderTest = {
    socket,
    start: async (...more) => {
      running = spawn(REDIS, [...given, ...more], { argv0: 'redis-server', stdio: 'ignore' })
      await answer()
    },
    startOnTinyDisk: async () => {
      const disk = join(directory, 'disk')
      await mkdir(disk)
      const script = `mount -t tmpfs -o size=16k tmpfs '${disk}' && exec -a redis-server ${REDIS} "$@"`
      const inNamespace = ['--user', '--map-root-user', '--mount', '--', 'bash', '-c', script, 'redis-server']
      const saving = ['--dir', disk, '--save', '3600 1000000', '--rdbcompression', 'no']
      running = spawn('unshare', [...inNamespace, ...given, ...saving], { stdio: 'ignore' })
      await answer()
      const enter = ['--preserve-credentials', '--user', '--mount', '--target', String(running.pid)]
      return {
        grow: async () => {
          // Source and place both: else mount(8) repeats what the kernel lists, with users that this namespace lacks.
          const remount = ['mount', '-t', 'tmpfs', '-o', 'remount,size=16m', 'tmpfs', disk]
          const [status] = await once(spawn('nsenter', [...enter, ...remount]), 'exit')
          if (status !== 0) throw new Error('the disk cannot be made larger')
        },
      }
    },
    signal: async signal => {
      running?.kill(signal)
      if (signal === 'SIGSTOP')
        await until('redis stands still', async () => /^State:\tT/m.test(await statusOf(running)))
      else if (signal !== 'SIGCONT') await ended()
    },
    command: (...words) => ask(socket, words),
  }
  return under
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/** proc_pid_status(5). */
const statusOf = async (running: ChildProcess | undefined): Promise<string> =>
  await readFile(`/proc/${running?.pid}/status`, 'utf8')

/** Prepare a Redis and start it. */
export async function startRedis(t: Test, ...more: readonly string[]): Promise<RedisUnderTest> {
  const redis = await prepareRedis(t)
  await redis.start(...more)
  return redis
}

/** A Sentinel of one test. */
export interface SentinelUnderTest {
  readonly port: number
  /** Run one command, as {@link RedisUnderTest.command} does. */
  command(...words: readonly string[]): Promise<string>
}

/**
 * Start a Sentinel that watches the primary at `port` under that name. It takes nobody for dead before it is told to: a
 * busy machine holds a primary up for longer than a test wants to wait for a dead one.
 */
export async function startSentinel(t: Test, name: string, port: number): Promise<SentinelUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-sentinel-'))
  const own = await findFreePort()
  const socket = join(directory, 'sentinel.sock')
  const lines = [
    `port ${own}`,
    'bind 127.0.0.1',
    `dir ${directory}`,
    `unixsocket ${socket}`,
    `sentinel monitor ${name} 127.0.0.1 ${port} 1`,
    `sentinel down-after-milliseconds ${name} 3600000`,
    `sentinel failover-timeout ${name} 5000`,
  ]
  const configuration = join(directory, 'sentinel.conf')
  await writeFile(configuration, lines.join('\n'))
  const running = spawn(REDIS, [configuration], { argv0: 'redis-sentinel', stdio: 'ignore' })
  t.teardown(async () => {
    running.kill('SIGKILL')
    if (!hasEnded(running)) await once(running, 'exit')
    await rm(directory, { recursive: true, force: true })
  })
  const command = (...words: readonly string[]): Promise<string> => ask(socket, words)
  await eventually('the sentinel answers', async () => (await command('PING')) === 'PONG')
  return { port: own, command }
}

/** Wait until `holds` does, and fail by name if it never does. What it throws counts as not yet. */
export async function eventually(what: string, holds: () => unknown): Promise<void> {
  const held = async (): Promise<boolean> => (await holds()) === true
  await until(what, () => held().catch(() => false))
}

async function ask(socket: string, words: readonly string[]): Promise<string> {
  const connection = connect({ path: socket }).setEncoding('latin1')
  try {
    await once(connection, 'connect')
    const parts = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    connection.write(`*${words.length}\r\n${parts.join('')}`)
    let answer = ''
    for await (const chunk of connection) {
      answer += chunk
      const whole = readReply(answer)
      if (whole !== undefined) return whole
    }
    throw new Error('redis has closed the connection')
  } finally {
    connection.destroy()
  }
}

/** Read a reply (RESP 2), of an array its length alone; undefined while it is not whole. */
function readReply(answer: string): string | undefined {
  const end = answer.indexOf('\r\n')
  if (end === -1) return undefined
  const first = answer.slice(0, end)
  if (!first.startsWith('$')) return first.replace(/^[+:-]/, '')
  const text = answer.slice(end + 2)
  const bytes = Number(first.slice(1))
  return text.length < bytes + 2 ? undefined : text.slice(0, Math.max(0, bytes))
}
