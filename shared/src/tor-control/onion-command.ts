import { type Malformed, malformed, type Sensitive, sensitive } from '../errors/index.ts'
import { type Command, formatCommand, word } from './command.ts'
import { OK, type Reply } from './reply.ts'

/** What kind of onion service to make (control-spec 3.27). */
export interface OnionRequest {
  /** A new key, or one kept from before: the base64 of an ED25519-V3 key. */
  readonly key: { readonly type: 'new' } | { readonly type: 'kept'; readonly privateKey: Sensitive<string> }
  readonly flags: readonly ('DiscardPK' | 'Detach' | 'V3Auth' | 'MaxStreamsCloseCircuit')[]
  /** Virtual port, and where its streams go: `unix:PATH` or `ADDRESS:PORT`. */
  readonly ports: readonly { readonly virtual: number; readonly target: string }[]
  /** x25519 public keys in base32 of the clients that are let in; needs the flag V3Auth. */
  readonly clients: readonly string[]
}

const BASE64 = /^[A-Za-z0-9+/]{86}==$/
const BASE32_KEY = /^[A-Z2-7a-z]{52}$/
// No comma, which separates, and nothing that could end a word.
const FORWARD = /^[\x21\x23-\x2b\x2d-\x7e]+$/

/** ADD_ONION (control-spec 3.27). Without the flag Detach the service goes when this connection closes. */
export function addOnion({ key, flags, ports, clients }: OnionRequest): Command | Malformed {
  const privateKey = key.type === 'kept' ? key.privateKey.reveal() : undefined
  if (privateKey !== undefined && !BASE64.test(privateKey)) return malformed('onion key')
  if (ports.length === 0 || !ports.every(({ virtual }) => isPort(virtual))) return malformed('onion port')
  if (!ports.every(({ target }) => FORWARD.test(target))) return malformed('onion target')
  if (!clients.every(client => BASE32_KEY.test(client))) return malformed('onion client')
  return formatCommand(
    'ADD_ONION',
    word(privateKey === undefined ? 'NEW:ED25519-V3' : `ED25519-V3:${privateKey}`),
    ...(flags.length === 0 ? [] : [word(`Flags=${flags.join(',')}`)]),
    ...ports.map(({ virtual, target }) => word(`Port=${virtual},${target}`)),
    ...clients.map(client => word(`ClientAuthV3=${client}`)),
  )
}

/** Base32 of a version 3 address (rend-spec-v3 6), without `.onion`. */
const SERVICE_ID = /^[a-z2-7]{56}$/

/** DEL_ONION (control-spec 3.28). */
export const delOnion = (serviceId: string): Command | Malformed =>
  SERVICE_ID.test(serviceId) ? formatCommand('DEL_ONION', word(serviceId)) : malformed('onion address')

/** ONION_CLIENT_AUTH_ADD (control-spec 3.30): the x25519 private key, in base64, for one service. */
export function onionClientAuthAdd(serviceId: string, privateKey: Sensitive<string>): Command | Malformed {
  if (!SERVICE_ID.test(serviceId)) return malformed('onion address')
  if (!/^[A-Za-z0-9+/]{43}=$/.test(privateKey.reveal())) return malformed('onion key')
  return formatCommand('ONION_CLIENT_AUTH_ADD', word(serviceId), word(`x25519:${privateKey.reveal()}`))
}

/** ONION_CLIENT_AUTH_REMOVE (control-spec 3.31). */
export const onionClientAuthRemove = (serviceId: string): Command | Malformed =>
  SERVICE_ID.test(serviceId) ? formatCommand('ONION_CLIENT_AUTH_REMOVE', word(serviceId)) : malformed('onion address')

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 0xffff

/** A service that tor made. The key is there unless the flag DiscardPK was given or the key was kept. */
export interface OnionService {
  readonly serviceId: Sensitive<string>
  readonly privateKey: Sensitive<string> | undefined
}

/** Read the answer to ADD_ONION (control-spec 3.27). */
export function parseAddOnion(reply: Reply): OnionService | Malformed {
  if (reply.status !== OK) return malformed('ADD_ONION status')
  const find = (key: string): string | undefined =>
    reply.lines.find(({ text }) => text.startsWith(`${key}=`))?.text.slice(key.length + 1)
  const serviceId = find('ServiceID')
  const privateKey = find('PrivateKey')
  if (serviceId === undefined || !SERVICE_ID.test(serviceId)) return malformed('ADD_ONION ServiceID')
  if (privateKey === undefined) return { serviceId: sensitive(serviceId), privateKey: undefined }
  const [type, key] = privateKey.split(':', 2)
  if (type !== 'ED25519-V3' || key === undefined || !BASE64.test(key)) return malformed('ADD_ONION PrivateKey')
  return { serviceId: sensitive(serviceId), privateKey: sensitive(key) }
}
