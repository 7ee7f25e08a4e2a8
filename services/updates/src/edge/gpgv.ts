import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, systemCode } from '@cordon/shared/errors'
import { readFileBounded } from '@cordon/shared/runtime/edge'
import type { VerifiedDocument } from '../sources/index.ts'
import {
  checkClearSigned,
  judgeGpgv,
  type OpenPgpSigners,
  readDetachedSignature,
  readKeyring,
  refuse,
} from '../verify/index.ts'

/** Which keys may sign, and where they lie. */
export interface PinnedKeys {
  /** Fingerprints of primary keys. */
  readonly fingerprints: readonly string[]
  /** A file of public keys, armored or binary. */
  readonly keyring: string
  /** A private directory for what gpgv reads. */
  readonly scratch: string
}

/** Debian's whole archive keyring has 60 KB. Arbitrary, and far above. */
const KEYRING_MAX_BYTES = 4_194_304
/** Hashing a file of some GB on a slow disk. Arbitrary. */
const GPGV_DEADLINE_MS = 300_000
const STATUS_MAX_BYTES = 65_536

/** Verify a clear-signed document, or one with a detached signature; what comes back was signed, and nothing besides. */
export async function verifyDocument(
  pinned: PinnedKeys,
  document: Uint8Array,
  signature?: Uint8Array,
): Promise<VerifiedDocument> {
  if (signature === undefined) checkClearSigned(document)
  return await inScratch(pinned, async directory => {
    const [file, content] = [join(directory, 'document'), join(directory, 'content')]
    await writeFile(file, document, { mode: 0o600 })
    if (signature !== undefined) {
      const { signers, signedAtMs } = await verifyDetached(pinned, directory, file, signature)
      return { content: document, signedBy: signers, signedAtMs }
    }
    const { signers, signedAtMs } = await runGpgv(pinned, directory, ['--output', content, file])
    // The text that gpgv has taken out of the frame, and not our own reading of it.
    return { content: await readFile(content), signedBy: signers, signedAtMs }
  })
}

/** Verify a file on disk by a detached signature. */
export async function verifyFile(pinned: PinnedKeys, file: string, signature: Uint8Array): Promise<OpenPgpSigners> {
  return await inScratch(pinned, directory => verifyDetached(pinned, directory, file, signature))
}

async function verifyDetached(
  pinned: PinnedKeys,
  directory: string,
  file: string,
  signature: Uint8Array,
): Promise<OpenPgpSigners> {
  const path = join(directory, 'signature')
  await writeFile(path, readDetachedSignature(signature), { mode: 0o600 })
  return await runGpgv(pinned, directory, [path, file])
}

async function inScratch<T>({ scratch }: PinnedKeys, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(scratch, 'gpgv-'))
  try {
    return await use(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function runGpgv(pinned: PinnedKeys, directory: string, args: readonly string[]): Promise<OpenPgpSigners> {
  const keyring = join(directory, 'keyring.gpg')
  await writeFile(keyring, await readKeys(pinned), { mode: 0o600 })
  const options = ['--homedir', directory, '--weak-digest', 'SHA1', '--keyring', keyring, '--status-fd', '3']
  const { PATH = '/usr/bin:/bin' } = process.env
  const child = spawn('gpgv', [...options, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { PATH, LC_ALL: 'C' },
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), GPGV_DEADLINE_MS)
  const status = await new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdio[3]?.on('data', chunk => {
      said += String(chunk)
      if (said.length > STATUS_MAX_BYTES) child.kill('SIGKILL')
    })
    child.on('error', cause => reject(missingProgram(cause)))
    // What it would have said next might have been that a signature is bad.
    child.on('close', (_, signal) => (signal === null ? resolve(said) : reject(unfinished(signal))))
  }).finally(() => clearTimeout(timer))
  return judgeGpgv(status, pinned.fingerprints)
}

async function readKeys({ keyring, fingerprints }: PinnedKeys): Promise<Buffer> {
  const found = await readFileBounded(keyring, KEYRING_MAX_BYTES).catch(cause => {
    throw missingKey(`the keyring ${keyring} cannot be read`, fingerprints, keyring, cause)
  })
  if (found === undefined) throw missingKey(`there is no keyring ${keyring}`, fingerprints, keyring)
  return readKeyring(found)
}

const missingKey = (why: string, fingerprints: readonly string[], keyring: string, cause?: unknown): Fault =>
  new Fault('UPD_KEY_MISSING', why, {
    where: 'host',
    retry: 'after-waiting',
    next: `Get the key ${fingerprints.join(' or ')} from where you trust it, and: gpg --export ${fingerprints[0]} > ${keyring}`,
    cause,
  })

const unfinished = (signal: string): Fault =>
  refuse('UPD_SIGNATURE_BAD', `the signature does not hold: gpgv did not come to an end with it (${signal})`)

const missingProgram = (cause: unknown): Fault =>
  new Fault('UPD_PROGRAM_MISSING', `gpgv cannot be started (${systemCode(cause) ?? 'unknown error'})`, {
    where: 'host',
    retry: 'after-waiting',
    next: 'Install the package gpgv.',
    cause,
  })
