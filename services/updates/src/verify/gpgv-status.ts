import { refuse } from './fault.ts'

/** Who signed, of the keys that were allowed to. */
export interface OpenPgpSigners {
  /** Fingerprints of primary keys, in upper case. */
  readonly signers: readonly string[]
  /** When they signed: the newest of them. */
  readonly signedAtMs: number
}

/** Words of one signature that make all of it worthless (GnuPG, doc/DETAILS, "Format of the --status-fd output"). */
const FATAL = new Set(['BADSIG', 'EXPSIG', 'EXPKEYSIG', 'REVKEYSIG', 'BADARMOR', 'NODATA', 'UNEXPECTED', 'FAILURE'])

/**
 * Judge what gpgv said on its status descriptor: at least one good signature of a wanted key, and none that is bad. A
 * signature of a key that the keyring does not hold (ERRSIG with NO_PUBKEY) says nothing: archives sign with several.
 */
export function judgeGpgv(status: string, wanted: readonly string[]): OpenPgpSigners {
  const signers = new Set<string>()
  let signedAtMs = 0
  let isMissing = false
  for (const line of status.split('\n')) {
    const [prefix, word = '', ...args] = line.split(' ')
    if (prefix !== '[GNUPG:]') continue
    if (FATAL.has(word)) throw bad(EXPLAINED[word] ?? 'a signature is bad')
    if (word === 'NO_PUBKEY') isMissing = true
    if (word !== 'VALIDSIG') continue
    const primary = (args[9] ?? args[0] ?? '').toUpperCase()
    const seconds = Number(args[2])
    if (!wanted.includes(primary) || !Number.isSafeInteger(seconds)) continue
    signers.add(primary)
    signedAtMs = Math.max(signedAtMs, seconds * 1000)
  }
  if (signers.size > 0) return { signers: [...signers], signedAtMs }
  throw bad(
    isMissing ? 'it is by a key that is not in the keyring' : 'it is by none of the keys that the product names',
  )
}

const EXPLAINED: Readonly<Record<string, string>> = {
  EXPSIG: 'a signature has expired',
  EXPKEYSIG: 'a key has expired',
  REVKEYSIG: 'a key was revoked',
  NODATA: 'there is none',
}

const bad = (why: string): Error => refuse('UPD_SIGNATURE_BAD', `the signature does not hold: ${why}`)
