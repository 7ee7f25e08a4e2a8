import { readFile } from 'node:fs/promises'
import { systemCode } from '@cordon/shared/errors'

/** Read a text file, or return undefined where there is none. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  }
}
