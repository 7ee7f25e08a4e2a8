import { createHmac, randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { UpdatesSettings } from '@cordon/shared/contracts'
import { Fault } from '@cordon/shared/errors'
import { readFileBounded, writeFileAtomically } from '@cordon/shared/runtime/edge'

/** Whose checks are shared: the name of the queue, and the secret that names checks on it. */
export interface Fleet {
  readonly name: string
  readonly secret: Uint8Array
}

const LEAST_BYTES = 32

/**
 * Read the secret of the fleet, or make one of this machine's own, whose queue is then nobody else's.
 *
 * Throws a Fault `CFG_UNREADABLE` for a secret that others can read or that can be guessed.
 */
export async function readFleet(settings: UpdatesSettings['fleet'], directory: string): Promise<Fleet> {
  if (settings === undefined) {
    const secret = await readOwnSecret(join(directory, 'secret'))
    const tag = createHmac('sha256', secret).update('updates fleet').digest('hex').slice(0, 16)
    return { name: `alone-${tag}`, secret }
  }
  const { name, secretFile } = settings
  const secret = await readFileBounded(secretFile, 4096)
  if (secret === undefined) throw unfit(`there is no file ${secretFile}`)
  if (secret.length < LEAST_BYTES) throw unfit(`${secretFile} has less than ${LEAST_BYTES} bytes`)
  if (((await stat(secretFile)).mode & 0o077) !== 0) throw unfit(`${secretFile} can be read by others`)
  return { name, secret }
}

async function readOwnSecret(path: string): Promise<Uint8Array> {
  const known = await readFileBounded(path, 4096)
  if (known !== undefined && known.length >= LEAST_BYTES) return known
  const made = randomBytes(LEAST_BYTES)
  await writeFileAtomically(path, made)
  return made
}

const unfit = (why: string): Fault =>
  new Fault('CFG_UNREADABLE', `the secret of the fleet cannot be used: ${why}`, {
    where: 'host',
    retry: 'never',
    next: 'Make one with `head -c 32 /dev/urandom`, mode 0600, and give it to each machine of the fleet.',
  })
