import { lstat, rm } from 'node:fs/promises'
import type { Server as HttpServer } from 'node:http'
import { connect, type Server } from 'node:net'
import type { Access } from '../../contracts/index.ts'
import { Fault, systemCode } from '../../errors/index.ts'
import { takeActivatedSocket } from './service-manager.ts'

/** The longest path an AF_UNIX address holds (unix(7): sun_path is 108 bytes with its end). */
export const UNIX_PATH_MAX_BYTES = 107

/** What the umask takes from a socket, whose mode is 0777 without. */
const UMASK: Readonly<Record<Access, number>> = { user: 0o177, group: 0o117 }

/**
 * Let `server` listen on the AF_UNIX socket at `path`, from the first instant open to nobody but this user (0600), or
 * with `access` group to the group of its directory too (0660).
 *
 * A socket that nobody answers on is removed first; a live one, a symbolic link or any other file is refused. One that
 * the service manager opened for us is taken as it is.
 */
export async function listenPrivately(server: Server, path: string, access: Access = 'user'): Promise<void> {
  checkUnixPath(path)
  const activated = takeActivatedSocket(path)
  if (activated === undefined) await removeDeadSocket(path)
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: unknown): void => reject(unusable(path, systemCode(cause) ?? 'unknown error', cause))
    server.once('error', failed)
    // The mode is the umask's at bind(2), which Node calls before listen() returns: a chmod later would be too late.
    const umask = process.umask(UMASK[access])
    try {
      server.listen(activated ?? { path }, () => {
        server.off('error', failed)
        resolve()
      })
    } finally {
      process.umask(umask)
    }
  })
}

/** Stop listening and cut what is still asked: for a server that {@link listenPrivately} opened, which nobody else closes. */
export async function closeHttpServer(server: HttpServer): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  server.closeAllConnections()
  await closed
}

/** Refuse a path that does not fit an AF_UNIX address; the kernel would cut it. */
export function checkUnixPath(path: string): void {
  if (Buffer.byteLength(path) <= UNIX_PATH_MAX_BYTES) return
  throw new Fault('HOST_SOCKET_UNUSABLE', `${path} is longer than the ${UNIX_PATH_MAX_BYTES} bytes of a socket path`, {
    where: 'host',
    retry: 'never',
    next: 'Name a shorter directory with --runtime-dir.',
  })
}

async function removeDeadSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(cause => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw unusable(path, systemCode(cause) ?? 'unknown error', cause)
  })
  if (found === undefined) return
  if (!found.isSocket()) throw unusable(path, 'something that is not a socket is there')
  if (await answers(path)) throw unusable(path, 'another program listens there')
  await rm(path, { force: true })
}

/** Report whether somebody listens on the AF_UNIX socket at `path`. */
export async function answers(path: string): Promise<boolean> {
  return await new Promise(resolve => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', cause => resolve(systemCode(cause) === 'EAGAIN'))
  })
}

const unusable = (path: string, why: string, cause?: unknown): Fault =>
  new Fault('HOST_SOCKET_UNUSABLE', `the socket ${path} cannot be used: ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Stop the program that uses it, remove it, or name another --runtime-dir.',
    cause,
  })
