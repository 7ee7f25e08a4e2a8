import { chmod, lstat, mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault, systemCode } from '../../errors/index.ts'

/**
 * Make sure that `path` is a directory of ours that nobody else can enter (mode 0700).
 *
 * Missing parents are made, private too. A symbolic link, a file or another user's directory is refused with a Fault
 * `HOST_DIRECTORY_UNSAFE`: what waits at the path may be a trap.
 */
export async function openPrivateDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path)
  } catch (cause) {
    throw unsafe(path, `cannot be made (${systemCode(cause) ?? 'unknown error'})`, cause)
  }
  const found = await lstat(path)
  if (!found.isDirectory()) throw unsafe(path, found.isSymbolicLink() ? 'is a symbolic link' : 'is not a directory')
  if (found.uid !== process.geteuid?.()) throw unsafe(path, `belongs to user ${found.uid}`)
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

/**
 * Make a directory and the missing ones above it.
 *
 * Node's own `recursive` asks for ever where a parent is there and still nothing can be made in it: below /proc.
 */
async function makeWithParents(path: string): Promise<void> {
  const make = (): Promise<unknown> => mkdir(path, { mode: 0o700 }).catch(ignoreExisting)
  try {
    await make()
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT' || dirname(path) === path) throw cause
    await makeWithParents(dirname(path))
    await make()
  }
}

/** What is there is looked at by who asked for it; somebody else may make it at the same moment. */
function ignoreExisting(cause: unknown): void {
  if (systemCode(cause) !== 'EEXIST') throw cause
}

const unsafe = (path: string, why: string, cause?: unknown): Fault =>
  new Fault('HOST_DIRECTORY_UNSAFE', `${path} ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Remove it, or name another place with --state-dir or --runtime-dir.',
    cause,
  })
