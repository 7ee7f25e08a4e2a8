import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { LabDescription } from '@cordon/shared/contracts'
import { listenPrivately } from '@cordon/shared/runtime/edge'

/** Tell `description` to everybody who connects to the AF_UNIX socket at `path`. Returns how to stop. */
export async function openDescriptionSocket(path: string, description: LabDescription): Promise<() => Promise<void>> {
  const line = `${JSON.stringify(description)}\n`
  const server = createServer(socket => {
    socket.on('error', () => socket.destroy()) // whoever asked has gone
    socket.resume()
    socket.end(line)
  })
  await listenPrivately(server, path)
  return async () => {
    server.close()
    await rm(path, { force: true })
  }
}
