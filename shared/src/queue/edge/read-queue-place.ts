import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readFileBounded, writeFileAtomically } from '../../runtime/edge/index.ts'
import type { QueuePlace } from '../index.ts'

/** All machines that share a Redis are one fleet; the embedded one has a fleet of its own. */
const FLEET = 'default'

const INSTANCE = /^[0-9a-f]{32}$/

/**
 * Read where the jobs of this installation are queued: its name among those that share a Redis is random, and made once
 * by the part that comes first.
 */
export async function readQueuePlace(stateDirectory: string): Promise<QueuePlace> {
  const path = join(stateDirectory, 'instance')
  const known = (await readFileBounded(path, 64))?.toString('latin1').trim() ?? ''
  if (INSTANCE.test(known)) return { fleet: FLEET, instance: known }
  const made = randomBytes(16).toString('hex')
  await writeFileAtomically(path, `${made}\n`)
  return { fleet: FLEET, instance: made }
}
