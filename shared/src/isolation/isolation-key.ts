import type { AppId } from './app-id.ts'
import type { NymEpoch } from './nym-epoch.ts'

/**
 * What the app itself sent to keep its streams apart (user name and password, HTTP isolation headers).
 *
 * An absent part and an empty part are different inputs, and so are the same bytes sent by another scheme.
 */
export interface AppCredentials {
  readonly scheme: 'socks4' | 'socks5' | 'http'
  readonly parts: readonly (Uint8Array | undefined)[]
}

/** What a preset adds to the key: nothing, the destination host, or the stream itself. */
export type IsolationScope =
  | { readonly type: 'app' }
  | { readonly type: 'host'; readonly host: string }
  | { readonly type: 'stream'; readonly serial: number }

/** Everything that decides whether two streams may share a circuit. */
export interface IsolationKey {
  readonly app: AppId
  readonly nymEpoch: NymEpoch
  readonly credentials: AppCredentials | undefined
  readonly scope: IsolationScope
}

const PART_ABSENT = 0
const PART_PRESENT = 1

/**
 * Encode a key so that different keys give different bytes, and equal keys equal ones.
 *
 * Every field carries its length in front, so no two fields can be joined into a third. Host names are compared
 * without case, as tor does for IsolateDestAddr.
 */
export function encodeIsolationKey({ app, nymEpoch, credentials, scope }: IsolationKey): Uint8Array {
  const fields: (string | Uint8Array | undefined)[] = [app, String(nymEpoch), credentials?.scheme]
  fields.push(String(credentials?.parts.length ?? 0), ...(credentials?.parts ?? []))
  fields.push(scope.type, scope.type === 'host' ? scope.host.toLowerCase() : undefined)
  fields.push(scope.type === 'stream' ? String(scope.serial) : undefined)
  return Buffer.concat(fields.map(encodeField))
}

function encodeField(field: string | Uint8Array | undefined): Uint8Array {
  if (field === undefined) return Buffer.of(PART_ABSENT)
  const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field
  const head = Buffer.alloc(5)
  head.writeUInt8(PART_PRESENT)
  head.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}

/** Report whether two streams may share a circuit. Reflexive, symmetric and transitive. */
export const mayShareCircuit = (a: IsolationKey, b: IsolationKey): boolean =>
  Buffer.compare(encodeIsolationKey(a), encodeIsolationKey(b)) === 0
