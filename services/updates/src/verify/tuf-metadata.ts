import { Fault, type FaultCode } from '@cordon/shared/errors'
import { refuse } from './fault.ts'
import { lookUp, parseJson } from './json-document.ts'

/** What trusted metadata says of who may sign and until when it holds. */
export interface TrustedRoles {
  /** The keys of all roles of the root, as one word that changes with them. */
  readonly authority: string
  readonly signedBy: readonly string[]
  /** The first of the roles to expire. */
  readonly expiresAtMs: number
  readonly isConsistent: boolean
}

const ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const

/** Read the roles out of metadata that tuf-js has verified. */
export function readTrustedRoles(files: Readonly<Record<string, Buffer>>): TrustedRoles {
  const documents = new Map(ROLES.map(role => [role, parseJson(files[`${role}.json`] ?? Buffer.from('null'))]))
  const root = documents.get('root')
  const authority = ROLES.map(role => {
    const keys = lookUp(root, `/signed/roles/${role}/keyids`)
    return `${role}:${Array.isArray(keys) ? keys.map(String).toSorted().join(',') : ''}`
  })
  const signers = lookUp(root, '/signed/roles/targets/keyids')
  const ends = ROLES.map(role => Date.parse(String(lookUp(documents.get(role), '/signed/expires'))))
  return {
    authority: authority.join(' '),
    signedBy: Array.isArray(signers) ? signers.map(one => String(one).slice(0, 16)) : [],
    expiresAtMs: Math.min(...ends),
    isConsistent: lookUp(root, '/signed/consistent_snapshot') === true,
  }
}

/** What tuf-js means by an error: its class where it still has one, or its words where it was wrapped into another. */
const MEANINGS: readonly (readonly [pattern: RegExp, code: FaultCode, message: string])[] = [
  [/expired/i, 'UPD_FROZEN', 'the repository’s metadata has expired (freeze)'],
  [
    /is less than current|BadVersion|does not match|doesn't match|Expected version/i,
    'UPD_ROLLBACK',
    'the repository’s metadata has the wrong version (rollback or mix-and-match)',
  ],
  [/Missing .* in (new )?snapshot/i, 'UPD_ROLLBACK', 'the repository’s snapshot has lost a role'],
  [/LengthOrHash|hash|length|Max length/i, 'UPD_MISMATCH', 'the repository’s metadata is not what its snapshot names'],
  [/Unsigned|signed by|signature|key/i, 'UPD_SIGNATURE_BAD', 'the repository’s metadata is not signed by its keys'],
]

/** Say what an error of tuf-js means. */
export function explainTufError(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown
  const words = thrown instanceof Error ? `${thrown.constructor.name} ${thrown.message}` : ''
  const known = MEANINGS.find(([pattern]) => pattern.test(words))
  if (known === undefined) return refuse('UPD_MALFORMED', 'the repository’s metadata cannot be read', { cause: thrown })
  return refuse(known[1], known[2], { cause: thrown })
}
