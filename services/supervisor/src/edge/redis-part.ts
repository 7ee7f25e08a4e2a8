import { symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { explain, systemCode } from '@cordon/shared/errors'
import { checkUnixPath, openSocketDirectory } from '@cordon/shared/runtime/edge'
import { formatRedisConfiguration, parseRedisLogLine, REDIS_PROGRAMS, redisMissing } from '../redis/index.ts'
import { confine, openFilesOf, readLines, startChild, watchExit } from './child.ts'
import type { Instance } from './instance.ts'
import type { PartDriver } from './part-driver.ts'
import { RedisPulse } from './redis-pulse.ts'
import { askRedis } from './redis-question.ts'
import { findProgram } from './tor-program.ts'

/** It opens its socket within ten milliseconds. */
const KNOCK_MS = 10

/** Start the distribution's redis-server on an AF_UNIX socket of ours. It is ready when it answers PING. */
export function driveRedis({ layout }: Pick<Instance, 'layout'>): PartDriver {
  return async reporter => {
    const { redisDirectory: directory, redisSocket: socket } = layout
    checkUnixPath(socket)
    await openSocketDirectory(layout, directory)
    // "-" reads the configuration from standard input. That it stays open does not keep redis: the kernel ends it.
    const command = confine([await findRedis(directory), '-'], openFilesOf('redis'))
    const child = startChild(command, directory, ['pipe', 'pipe', 'pipe'])
    child.stdin?.on('error', () => {}) // it has ended; its exit tells
    child.stdin?.end(formatRedisConfiguration({ directory, socket, access: layout.access }))
    readLines(child.stdout, line => {
      const { level, text } = parseRedisLogLine(line)
      reporter.log(level, text)
    })
    readLines(child.stderr, line => reporter.log('error', line))
    const pulse = new RedisPulse(socket)
    let gone = false
    watchExit(child, detail => {
      gone = true
      pulse.close()
      reporter.exited(detail)
    })
    const answered = waitForAnswer(socket, () => gone)
    answered.then(
      answers => answers && reporter.announce({ type: 'ready' }),
      cause => {
        reporter.log('error', explain(cause))
        child.kill('SIGKILL')
      },
    )
    return {
      pid: child.pid ?? null,
      check: () => pulse.ask(),
      stop: () => void child.kill('SIGTERM'),
      reload: () => {},
      kill: () => void child.kill('SIGKILL'),
    }
  }
}

async function waitForAnswer(socket: string, isGone: () => boolean): Promise<boolean> {
  while (!isGone()) {
    try {
      await askRedis(socket, 'PING')
      return true
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT' && systemCode(cause) !== 'ECONNREFUSED') throw cause
      await wait(KNOCK_MS)
    }
  }
  return false
}

/** Find redis-server, or make one: a link of that name to the checker, which is the same program. */
export async function findRedis(directory: string): Promise<string> {
  const [server, checker] = REDIS_PROGRAMS.map(findProgram)
  if (server !== undefined) return server
  if (checker === undefined) throw redisMissing()
  const link = join(directory, REDIS_PROGRAMS[0])
  await unlink(link).catch(() => {}) // there is none yet
  await symlink(checker, link)
  return link
}
