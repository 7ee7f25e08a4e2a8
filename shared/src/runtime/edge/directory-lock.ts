import { constants, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, systemCode } from '../../errors/index.ts'
import { flock } from './system-calls.ts'

/** The lock on one directory. It goes with the process, however that ends. */
export interface DirectoryLock {
  release(): Promise<void>
}

/**
 * Take the one lock on `directory`, or throw a Fault `HOST_ALREADY_RUNNING`.
 *
 * It is flock(2) on a file, so the kernel lets go of it at a SIGKILL, and no process id is ever read or trusted.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock')
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch(cause => {
    throw new Fault('HOST_DIRECTORY_UNSAFE', `${path} cannot be opened (${systemCode(cause) ?? 'unknown error'})`, {
      where: 'host',
      retry: 'never',
      next: 'Check the owner and mode of the directory.',
      cause,
    })
  })
  if (flock(file.fd)) return { release: () => file.close() }
  await file.close()
  throw new Fault('HOST_ALREADY_RUNNING', `another Cordon runs on ${directory}`, {
    where: 'host',
    retry: 'never',
    next: 'Use it, stop it with `cordon down`, or name other directories with --state-dir and --runtime-dir.',
  })
}
