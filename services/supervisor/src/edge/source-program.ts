import { access } from 'node:fs/promises'
import { Fault } from '@cordon/shared/errors'

/** Make sure that the entry of one of our own parts is there. */
export async function requireSource(path: string, what: string): Promise<void> {
  await access(path).catch(cause => {
    throw new Fault('SUP_PART_MISSING', `${what} is not installed`, {
      where: 'host',
      retry: 'never',
      next: 'Install Cordon again, with all its workspaces.',
      cause,
    })
  })
}
