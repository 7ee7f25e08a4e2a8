import { flushCompileCache, getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { internal } from '@cordon/shared/errors'
import { requireSource } from './source-program.ts'

const LAUNCHER = fileURLToPath(new URL('../../../launcher/src/main.ts', import.meta.url))

/** Become the launcher, in this process: its standard streams, its terminal, its signals and its exit status are ours. */
export async function becomeLauncher(args: readonly string[]): Promise<never> {
  await requireSource(LAUNCHER, 'the launcher')
  // Node keeps compiled sources at an orderly end only, and this is none.
  flushCompileCache()
  const cache = getCompileCacheDir()
  const env = cache === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: dirname(cache) }
  const quiet = '--disable-warning=ExperimentalWarning'
  process.execve?.(process.execPath, [process.execPath, quiet, LAUNCHER, ...args], env)
  throw internal('this Node cannot become another program')
}
