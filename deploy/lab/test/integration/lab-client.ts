import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { LabDescription } from '@cordon/shared/contracts'
import type { Sighting } from '../../src/sites/check.ts'

/** A tor client in the lab's network, started as the supervisor starts one. */
export interface LabClient {
  /** Fetch a URL through the client with curl; `credentials` is `user:password`. */
  readonly fetch: (credentials: string, url: string, ...args: string[]) => Promise<string>
  readonly stop: () => Promise<void>
}

/** Enter the lab's namespaces with a tor client and wait until it has bootstrapped. */
export async function enterLab(description: LabDescription, directory: string): Promise<LabClient> {
  await mkdir(directory, { mode: 0o700 })
  const torrc = [
    ...description.dirAuthorities,
    ...description.clientTorrc,
    `DataDirectory "${directory}"`,
    `SocksPort unix:"${directory}/socks"`,
    'ClientRejectInternalAddresses 1',
    'ClientDNSRejectInternalAddresses 1',
    // An exit that is held up is waited for: another one would be another address.
    'CircuitStreamTimeout 300',
    'Log notice stdout',
    `__OwningControllerProcess ${process.pid}`,
  ]
  await writeFile(`${directory}/torrc`, `${torrc.join('\n')}\n`)
  await writeFile(`${directory}/defaults`, '')
  const enter = ['--preserve-credentials', '--user', '--net', '--target', `${description.pid}`, '--']
  const tor = spawn(
    'nsenter',
    [...enter, 'tor', '-f', `${directory}/torrc`, '--defaults-torrc', `${directory}/defaults`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await bootstrapped(tor)
  return {
    async fetch(credentials, url, ...args) {
      const proxy = `socks5h://${credentials}@localhost${directory}/socks`
      const common = ['-sS', '--max-time', '200', '--cacert', description.authority, '-x', proxy]
      return (await promisify(execFile)('curl', [...common, ...args, url])).stdout
    },
    async stop() {
      tor.kill('SIGKILL')
      await once(tor, 'close')
    },
  }
}

/** Read what the check site saw. */
export const parseSighting = (body: string): Sighting => JSON.parse(body) as Sighting

async function bootstrapped({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('no standard output')
  const lines = createInterface({ input: stdout })
  const said: string[] = []
  for await (const line of lines) {
    said.push(line)
    if (line.includes('Bootstrapped 100%')) {
      stdout.resume()
      return
    }
  }
  throw new Error(`tor ended: ${said.at(-1)}`)
}
