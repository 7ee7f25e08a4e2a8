/**
 * Isolation: what may share a circuit with what.
 *
 * Belongs here: the isolation key, its laws, and how it becomes the SOCKS credentials that tor isolates by. Does not
 * belong here: where the randomness comes from, how tor is spoken to, and who checks that tor kept its word.
 */
export type { AppId } from './app-id.ts'
export { APP_ID_PATTERN, parseAppId } from './app-id.ts'
export type { AppCredentials, IsolationKey, IsolationScope } from './isolation-key.ts'
export { encodeIsolationKey, mayShareCircuit } from './isolation-key.ts'
export type { NymEpoch } from './nym-epoch.ts'
export { FIRST_NYM_EPOCH, raiseNymEpoch } from './nym-epoch.ts'
export type { AppTag, SocksCredentials } from './socks-credentials.ts'
export { deriveSocksCredentials, formatAppTag, SECRET_BYTES, TAG_BYTES } from './socks-credentials.ts'
