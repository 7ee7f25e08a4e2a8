import { fileURLToPath, pathToFileURL } from 'node:url'
import { requireSource } from './source-program.ts'

const LAUNCHER = fileURLToPath(new URL('../../../launcher/src/main.ts', import.meta.url))

/**
 * Become the launcher: its program is loaded here, with its own arguments, and ends this process.
 *
 * It would be a program of its own all the same: none of its rooms is imported. To load it saves the start of a Node,
 * which is a third of what it takes to start a confined program.
 */
export async function becomeLauncher(args: readonly string[]): Promise<never> {
  await requireSource(LAUNCHER, 'the launcher')
  process.argv = [process.execPath, LAUNCHER, ...args]
  await import(pathToFileURL(LAUNCHER).href)
  return await new Promise<never>(() => {}) // it ends when the launcher has written what it had to say
}
