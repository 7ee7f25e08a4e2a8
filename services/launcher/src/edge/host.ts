import {
  accessSync,
  constants,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { readListeningPaths } from '../confine/listening-sockets.ts'
import type { NamespaceSwitches } from '../confine/setup-failure.ts'
import { findTools, TOOL_DIRECTORIES, TOOL_NAMES, type Tools } from '../confine/tools.ts'

/** Find a program of the distribution. */
export const locateTool = (name: string): string | undefined =>
  TOOL_DIRECTORIES.map(directory => join(directory, name)).find(isProgram)

/** Find the programs of the distribution that confinement consists of. */
export const locateTools = (): Tools => findTools(locateTool, TOOL_NAMES)

/** Report whether a path leads to a file that this user may run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Report whether a path leads to a directory. */
export const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

/** Follow every link of a path, or return undefined where it leads nowhere. */
export function realPath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

/** Read a small file of the kernel's, or return undefined where there is none or it may not be read. */
export function readKernelFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/** Read what this machine says about user namespaces. */
export function readNamespaceSwitches(): NamespaceSwitches {
  const read = (name: string): string | undefined => readKernelFile(`/proc/sys/${name}`)?.trim()
  return {
    unprivilegedClone: read('kernel/unprivileged_userns_clone'),
    apparmorRestricts: read('kernel/apparmor_restrict_unprivileged_userns'),
    maxUserNamespaces: read('user/max_user_namespaces'),
    maxNetNamespaces: read('user/max_net_namespaces'),
  }
}

/** List the process ids of this machine that can be seen. */
export const listProcesses = (): readonly number[] =>
  readdirSync('/proc').flatMap(name => (/^[0-9]+$/.test(name) ? [Number(name)] : []))

/** Name the network namespace of a process, or undefined where it is not ours to know. */
export function readNetworkNamespace(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

/**
 * List the AF_UNIX sockets in the file system that some program of this user listens on, in any network namespace: a
 * path leads out of the namespace that its socket belongs to.
 */
export function listListeningSockets(): readonly string[] {
  const seen = new Set<string>()
  const paths = listProcesses().flatMap(pid => {
    const namespace = readNetworkNamespace(pid)
    if (namespace === undefined || seen.has(namespace)) return []
    seen.add(namespace)
    return readListeningPaths(readKernelFile(`/proc/${pid}/net/unix`) ?? '')
  })
  return [...new Set(paths)].flatMap(path => {
    const real = realPath(path)
    return real !== undefined && isSocket(real) ? [real] : []
  })
}

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket()
  } catch {
    return false
  }
}
