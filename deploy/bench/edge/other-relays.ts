import type { ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { connects } from './connects.ts'
import type { Programs } from './programs.ts'

/** A relay that is no part of Cordon. */
export interface OtherRelay {
  readonly pid: number
  readonly port: number
}

/** Start microsocks on loopback. */
export async function startMicrosocks(programs: Programs): Promise<OtherRelay> {
  const port = await findFreePort()
  return await ready(programs.spawn('microsocks', ['-i', '127.0.0.1', '-p', String(port)]), port)
}

/** Start danted on loopback, as ourselves, with logging off and nothing refused. */
export async function startDanted(programs: Programs, directory: string): Promise<OtherRelay> {
  const port = await findFreePort()
  const file = join(directory, 'danted.conf')
  const { username } = userInfo()
  const lines = [
    `errorlog: ${join(directory, 'danted.log')}`,
    `internal: 127.0.0.1 port = ${port}`,
    'external: 127.0.0.1',
    'clientmethod: none',
    'socksmethod: none',
    `user.privileged: ${username}`,
    `user.unprivileged: ${username}`,
    'client pass { from: 127.0.0.0/8 to: 0/0 }',
    'socks pass { from: 127.0.0.0/8 to: 0/0 }',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return await ready(programs.spawn('danted', ['-f', file, '-p', join(directory, 'danted.pid')]), port)
}

/** Wait until the relay listens. */
async function ready(child: ChildProcess, port: number): Promise<OtherRelay> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${child.spawnargs.at(2)} ended with ${child.exitCode}`)
    if (await connects(port)) return { pid: child.pid ?? 0, port }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function findFreePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = probe.address()
      const port = typeof address === 'object' ? (address?.port ?? 0) : 0
      probe.close(() => resolve(port))
    })
  })
}
