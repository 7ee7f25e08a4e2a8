import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type LabDescription, layOutRuntime } from '@cordon/shared/contracts'
import { listenPrivately, openSocketDirectory } from '@cordon/shared/runtime/edge'
import { type Place, socketPath } from '../options.ts'

/** Put what the description names where others of the group can read it, and name it there. */
export async function share({ shared }: Place, description: LabDescription): Promise<LabDescription> {
  if (shared === undefined) return description
  await openSocketDirectory(layOutRuntime(shared, 'group'), shared)
  const authority = join(shared, 'authority.pem')
  // Not copyFile(3): it would keep the group of the original.
  await writeFile(authority, await readFile(description.authority))
  await chmod(authority, 0o640)
  return { ...description, authority }
}

/** Tell `description` to everybody who connects to the lab's socket. Returns how to stop. */
export async function openDescriptionSocket(
  { directory, shared }: Place,
  description: LabDescription,
): Promise<() => Promise<void>> {
  const path = socketPath(shared ?? directory)
  const line = `${JSON.stringify(description)}\n`
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy()) // whoever asked has gone
    socket.resume()
    socket.end(line)
  })
  await listenPrivately(server, path, shared === undefined ? 'user' : 'group')
  return async () => {
    server.close()
    await rm(path, { force: true })
  }
}
