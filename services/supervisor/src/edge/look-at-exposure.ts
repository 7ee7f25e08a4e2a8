import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { SocketEntry } from '@cordon/shared/runtime'
import { listSocketsOutward } from '@cordon/shared/runtime/edge'
import { countTalkers, type Exposure, findTimeDaemons, type Owner, readsIpv6Default } from '../doctor/index.ts'

const LAUNCHER = fileURLToPath(new URL('../../../launcher/src/main.ts', import.meta.url))

/** Where the launcher keeps the rules for the next start of the machine. */
const KEPT_RULES = '/etc/cordon/lockdown.nft'

/** Longer than a busy machine takes to start a program. Arbitrary. */
const LOCKDOWN_DEADLINE_MS = 20_000

/** Look at what reaches the network without Tor. Nothing is asked of anybody outside, and no far end is kept. */
export async function lookAtExposure(asksServersOutside: boolean): Promise<Exposure> {
  const { state, trouble } = await readLockdown()
  const sockets = listSocketsOutward()
  const processes = listProcesses()
  const owners = findOwners(sockets ?? [], processes)
  const connections = (sockets ?? []).flatMap((socket, at) => {
    const owner = owners[at]
    return owner === undefined ? [] : [{ owner, port: socket.far.port }]
  })
  return {
    lockdown: state,
    lockdownTrouble: trouble,
    lockdownKept: existsSync(KEPT_RULES),
    talkers: sockets === undefined ? undefined : countTalkers(owners),
    asksServersOutside,
    hasIpv6Route: readsIpv6Default(readKernelFile('/proc/self/net/ipv6_route')),
    timeDaemons: findTimeDaemons(
      processes.map(({ name }) => name),
      connections,
    ),
  }
}

/** Only root can see the rules. */
async function readLockdown(): Promise<{ readonly state: Exposure['lockdown']; readonly trouble: string | null }> {
  if (process.getuid?.() !== 0) return { state: 'unknown', trouble: null }
  // Exit status 5 stands for damaged, and what is printed says so too.
  const { stdout } = await promisify(execFile)(process.execPath, [LAUNCHER, 'lockdown', 'status', '--json'], {
    timeout: LOCKDOWN_DEADLINE_MS,
  }).catch((failed: { readonly stdout?: string }) => ({ stdout: failed.stdout ?? '' }))
  try {
    const { state, trouble } = JSON.parse(stdout)
    const known = (['on', 'off', 'damaged'] as const).find(one => one === state)
    return { state: known ?? 'unknown', trouble: typeof trouble === 'string' ? trouble : null }
  } catch {
    return { state: 'unknown', trouble: null } // nft is not installed
  }
}

interface SeenProcess {
  readonly pid: number
  readonly name: string
}

const listProcesses = (): readonly SeenProcess[] =>
  readdirSync('/proc').flatMap(pid =>
    /^[0-9]+$/.test(pid) ? [{ pid: Number(pid), name: readKernelFile(`/proc/${pid}/comm`).trim() }] : [],
  )

/** Find who has each socket: its program where this user may see that, else its user. */
function findOwners(sockets: readonly SocketEntry[], processes: readonly SeenProcess[]): readonly Owner[] {
  const wanted = new Set(sockets.map(({ inode }) => `socket:[${inode}]`))
  const programs = new Map<string, string>()
  for (const { pid, name } of wanted.size === 0 ? [] : processes) {
    for (const link of readLinks(`/proc/${pid}/fd`)) if (wanted.has(link)) programs.set(link, name)
  }
  const users = readKernelFile('/etc/passwd')
    .split('\n')
    .map(line => line.split(':'))
  return sockets.map(({ inode, uid }) => ({
    program: programs.get(`socket:[${inode}]`),
    user: users.find(fields => fields[2] === `${uid}`)?.[0] ?? `user ${uid}`,
  }))
}

function readLinks(directory: string): readonly string[] {
  try {
    return readdirSync(directory).flatMap(name => {
      try {
        return [readlinkSync(`${directory}/${name}`)]
      } catch {
        return [] // closed meanwhile
      }
    })
  } catch {
    return [] // somebody else's process, or one that has ended
  }
}

function readKernelFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // there is none, or it has ended
  }
}
