import { type Malformed, malformed } from '../errors/index.ts'
import { parseFields } from './fields.ts'
import { OK, type Reply } from './reply.ts'

/** What a tor says before authentication (control-spec 3.21). Nothing of it is proven yet. */
export interface ProtocolInfo {
  readonly methods: readonly string[]
  readonly cookieFile: string | undefined
  readonly torVersion: string
}

/** Read the answer to PROTOCOLINFO (control-spec 3.21). */
export function parseProtocolInfo(reply: Reply): ProtocolInfo | Malformed {
  if (reply.status !== OK) return malformed('PROTOCOLINFO status')
  const [first, ...rest] = reply.lines.map(({ text }) => text)
  if (first !== 'PROTOCOLINFO 1') return malformed('PROTOCOLINFO version')
  const findLine = (keyword: string): string | undefined => rest.find(line => line.startsWith(`${keyword} `))
  const auth = parseFields(findLine('AUTH') ?? '', 1)?.keywords
  const torVersion = parseFields(findLine('VERSION') ?? '', 1)?.keywords.get('Tor')
  const methods = auth?.get('METHODS')?.split(',')
  if (methods === undefined) return malformed('PROTOCOLINFO METHODS')
  if (torVersion === undefined) return malformed('PROTOCOLINFO VERSION')
  return { methods, cookieFile: auth?.get('COOKIEFILE'), torVersion }
}

/** tor's half of a SAFECOOKIE challenge. */
export interface AuthChallenge {
  readonly serverHash: Uint8Array
  readonly serverNonce: Uint8Array
}

const CHALLENGE = /^AUTHCHALLENGE SERVERHASH=([0-9A-Fa-f]{64}) SERVERNONCE=([0-9A-Fa-f]{64})$/

/** Read the answer to AUTHCHALLENGE (control-spec 3.24). */
export function parseAuthChallenge(reply: Reply): AuthChallenge | Malformed {
  if (reply.status !== OK) return malformed('AUTHCHALLENGE status')
  const [, serverHash, serverNonce] = CHALLENGE.exec(reply.lines[0]?.text ?? '') ?? []
  if (serverHash === undefined || serverNonce === undefined) return malformed('AUTHCHALLENGE fields')
  return { serverHash: Buffer.from(serverHash, 'hex'), serverNonce: Buffer.from(serverNonce, 'hex') }
}
