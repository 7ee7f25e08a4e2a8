import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** How long a test waits for something that must come. Above all that a loaded machine takes. */
const PATIENCE_MS = 20_000

/** A redis-server of one test, on an AF_UNIX socket in a directory of its own. It goes with the test. */
export interface RedisUnderTest {
  readonly socket: string
  start(...more: readonly string[]): Promise<void>
  /** Send a signal; resolve when the process has gone, if it is one that ends it. */
  signal(signal: NodeJS.Signals): Promise<void>
  /** Run one command on a connection of its own, and return the reply as redis-cli would print its first line. */
  command(...words: readonly string[]): Promise<string>
}

/** Prepare a Redis without starting it: Debian's, from the package redis-server or redis-tools. */
export async function prepareRedis(t: Test): Promise<RedisUnderTest> {
  const directory = await mkdtemp(join(tmpdir(), 'cordon-redis-'))
  const socket = join(directory, 'redis.sock')
  let running: ChildProcess | undefined
  const ended = async (): Promise<void> => {
    if (running === undefined) return
    if (running.exitCode === null && running.signalCode === null) await once(running, 'exit')
    running = undefined
  }
  t.teardown(async () => {
    running?.kill('SIGKILL')
    await ended()
    await rm(directory, { recursive: true, force: true })
  })
  const under: RedisUnderTest = {
    socket,
    start: async (...more) => {
      const options = { '--port': '0', '--unixsocket': socket, '--unixsocketperm': '600', '--dir': directory }
      const fixed = ['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction', '--daemonize', 'no']
      // redis-tools alone has the same binary under another name.
      running = spawn('redis-check-rdb', [...Object.entries(options).flat(), ...fixed, ...more], {
        argv0: 'redis-server',
        stdio: 'ignore',
      })
      await eventually('redis answers', async () => /PONG|NOAUTH/.test(await under.command('PING')))
    },
    signal: async signal => {
      running?.kill(signal)
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended()
    },
    command: (...words) => ask(socket, words),
  }
  return under
}

/** Prepare a Redis and start it. */
export async function startRedis(t: Test, ...more: readonly string[]): Promise<RedisUnderTest> {
  const redis = await prepareRedis(t)
  await redis.start(...more)
  return redis
}

/** Wait until `holds` does, and fail by name if it never does. What it throws counts as not yet. */
export async function eventually(what: string, holds: () => unknown): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const outcome = await Promise.resolve()
      .then(holds)
      .catch(() => false)
    if (outcome === true) return
    if (performance.now() > deadline) throw new Error(`this never came: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function ask(socket: string, words: readonly string[]): Promise<string> {
  const connection = connect({ path: socket })
  try {
    await once(connection, 'connect')
    const parts = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    connection.write(`*${words.length}\r\n${parts.join('')}`)
    let answer = ''
    for await (const chunk of connection) {
      answer += chunk
      if (answer.includes('\r\n') && (!answer.startsWith('$') || answer.split('\r\n').length > 2)) break
    }
    const [first = '', second = ''] = answer.split('\r\n')
    return first.startsWith('$') ? second : first.replace(/^[+:-]/, '')
  } finally {
    connection.destroy()
  }
}
