import { chmod, lstat, mkdir } from 'node:fs/promises'
import type { RuntimeLayout } from '../../contracts/index.ts'
import { Fault, systemCode } from '../../errors/index.ts'
import { openPrivateDirectory } from './private-directory.ts'

const OTHERS = 0o007
const GROUP_WRITES = 0o020
const SET_GROUP_ID = 0o2000
const SHARED = 0o2750

/**
 * Make sure that `path`, below the runtime directory, is a directory of ours for sockets.
 *
 * For the user alone it and the runtime directory are private. Shared by group, the group may enter and nobody else,
 * only we write, and what we make in it belongs to its group (setgid): whoever set the machine up made it so, and what
 * is otherwise is refused rather than mended, since the group that was meant cannot be known here.
 */
export async function openSocketDirectory({ directory, access }: RuntimeLayout, path: string): Promise<void> {
  if (access === 'user') {
    await openPrivateDirectory(directory)
    await openPrivateDirectory(path)
    return
  }
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => 'made' as const,
    (cause: unknown) => systemCode(cause) ?? 'unknown error',
  )
  // The group is that of the directory around it, where that passes its group on.
  if (made === 'made') await chmod(path, SHARED)
  else if (made !== 'EEXIST') throw unfit(path, `cannot be made (${made})`)
  const found = await lstat(path)
  if (!found.isDirectory()) throw unfit(path, 'is not a directory')
  if (found.uid !== process.geteuid?.()) throw unfit(path, `belongs to user ${found.uid}`)
  if ((found.mode & OTHERS) !== 0) throw unfit(path, 'is open to everybody')
  if ((found.mode & GROUP_WRITES) !== 0) throw unfit(path, 'can be written by its group')
  if ((found.mode & SET_GROUP_ID) === 0) throw unfit(path, 'does not pass its group on')
}

const unfit = (path: string, why: string): Fault =>
  new Fault('HOST_DIRECTORY_UNSAFE', `${path} ${why}`, {
    where: 'host',
    retry: 'never',
    next: `Make it a directory of this user and the group that may use it, with mode ${SHARED.toString(8)}.`,
  })
