import { randomBytes } from 'node:crypto'
import { link, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readFileBounded, writeFileAtomically } from '../../runtime/edge/index.ts'
import type { QueuePlace } from '../index.ts'

/** All machines that share a Redis are one fleet; the embedded one has a fleet of its own. */
const FLEET = 'default'

const INSTANCE = /^[0-9a-f]{32}$/

/**
 * Read where the jobs of this installation are queued: its name among those that share a Redis is random, and made once
 * by the part that comes first, of several that start at the same moment.
 */
export async function readQueuePlace(stateDirectory: string): Promise<QueuePlace> {
  const path = join(stateDirectory, 'instance')
  const known = await readInstance(path)
  if (known !== undefined) return { fleet: FLEET, instance: known }
  const made = randomBytes(16).toString('hex')
  const draft = `${path}.${made}`
  await writeFileAtomically(draft, `${made}\n`)
  try {
    await putFirst(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return { fleet: FLEET, instance: (await readInstance(path)) ?? made }
}

async function readInstance(path: string): Promise<string | undefined> {
  const text = (await readFileBounded(path, 64))?.toString('latin1').trim() ?? ''
  return INSTANCE.test(text) ? text : undefined
}

/** Let the file at `draft` be the one at `path`, unless another part was first: link(2) replaces nothing. */
async function putFirst(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path)
  } catch {
    // What is no name, cut or damaged, is replaced; so is nothing, where the file system has no links.
    if ((await readInstance(path)) === undefined) await rename(draft, path)
  }
}
