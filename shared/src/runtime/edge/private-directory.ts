import { chmod, lstat, mkdir } from 'node:fs/promises'
import { Fault, systemCode } from '../../errors/index.ts'

/**
 * Make sure that `path` is a directory of ours that nobody else can enter (mode 0700).
 *
 * Missing parents are made, private too. A symbolic link, a file or another user's directory is refused with a Fault
 * `HOST_DIRECTORY_UNSAFE`: what waits at the path may be a trap.
 */
export async function openPrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw unsafe(path, `cannot be made (${systemCode(cause) ?? 'unknown error'})`, cause)
  }
  const found = await lstat(path)
  if (!found.isDirectory()) throw unsafe(path, found.isSymbolicLink() ? 'is a symbolic link' : 'is not a directory')
  if (found.uid !== process.geteuid?.()) throw unsafe(path, `belongs to user ${found.uid}`)
  if ((found.mode & 0o077) !== 0) await chmod(path, 0o700)
}

const unsafe = (path: string, why: string, cause?: unknown): Fault =>
  new Fault('HOST_DIRECTORY_UNSAFE', `${path} ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Remove it, or name another place with --state-dir or --runtime-dir.',
    cause,
  })
