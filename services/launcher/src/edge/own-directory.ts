import { join } from 'node:path'
import type { AppId } from '@cordon/shared/isolation'
import { writeFileAtomically } from '@cordon/shared/runtime/edge/atomic-file'
import { openPrivateDirectory } from '@cordon/shared/runtime/edge/private-directory'
import type { ProfileFile } from '../profiles/index.ts'

/** Open the directory in which an app keeps what its program remembers, and write the files of its profile there. */
export async function openOwnDirectory(
  stateDirectory: string,
  app: AppId,
  files: readonly ProfileFile[],
): Promise<string> {
  const directory = join(stateDirectory, 'profiles', app)
  await openPrivateDirectory(directory)
  for (const { name, content } of files) await writeFileAtomically(join(directory, name), content)
  return directory
}

/** Open the directory that an app sees in place of the user's home. */
export async function openPrivateHome(stateDirectory: string, app: AppId): Promise<string> {
  const directory = join(stateDirectory, 'homes', app)
  await openPrivateDirectory(directory)
  return directory
}
