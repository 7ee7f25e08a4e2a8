import type { ControlProfile } from '@cordon/shared/contracts'
import { type Sensitive, sensitive } from '@cordon/shared/errors'

/** An onion service as an app wants it, judged by its profile. */
export interface OnionWish {
  readonly key: { readonly type: 'new' } | { readonly type: 'kept'; readonly privateKey: Sensitive<string> }
  readonly flags: readonly ('DiscardPK' | 'V3Auth' | 'MaxStreamsCloseCircuit')[]
  /** Virtual port, and the app's own port that it leads to. */
  readonly ports: readonly { readonly virtual: number; readonly own: number }[]
  readonly clients: readonly string[]
}

type Onions = NonNullable<ControlProfile['onions']>

const FLAGS = ['DiscardPK', 'V3Auth', 'MaxStreamsCloseCircuit'] as const
/** More ports than any known program gives one service. Arbitrary. */
const MOST_PORTS = 16
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1', '::ffff:127.0.0.1'])

/**
 * Read the arguments of ADD_ONION (control-spec 3.27), or return undefined if they want what no app may have.
 *
 * A service leads to the app's own ports and nowhere else; it never outlives the connection (no Detach), and never
 * gives up the service's anonymity (no NonAnonymous). Whether the key is one, tor decides.
 */
export function parseOnionWish(args: readonly string[], { ports: allowed }: Onions): OnionWish | undefined {
  const [keyText, ...rest] = args
  const key = keyText === undefined ? undefined : parseKey(keyText)
  if (key === undefined) return undefined
  const flags: OnionWish['flags'][number][] = []
  const ports: OnionWish['ports'][number][] = []
  const clients: string[] = []
  for (const argument of rest) {
    const [name, value = ''] = splitOnce(argument, '=')
    if (name === 'Flags') {
      for (const text of value.split(',')) {
        const flag = FLAGS.find(known => known === text)
        if (flag === undefined) return undefined
        flags.push(flag)
      }
    } else if (name === 'Port') {
      const port = parsePort(value, allowed)
      if (port === undefined) return undefined
      ports.push(port)
    } else if (name === 'ClientAuthV3') clients.push(value)
    else return undefined
  }
  return ports.length === 0 || ports.length > MOST_PORTS ? undefined : { key, flags, ports, clients }
}

function parseKey(text: string): OnionWish['key'] | undefined {
  if (text === 'NEW:ED25519-V3' || text === 'NEW:BEST') return { type: 'new' }
  const [type, privateKey] = splitOnce(text, ':')
  return type === 'ED25519-V3' && privateKey !== undefined
    ? { type: 'kept', privateKey: sensitive(privateKey) }
    : undefined
}

/** VIRTPORT, VIRTPORT,PORT or VIRTPORT,ADDRESS:PORT with an address of this machine's loopback. */
function parsePort(text: string, allowed: Onions['ports']): OnionWish['ports'][number] | undefined {
  const [virtualText = '', target = virtualText] = splitOnce(text, ',')
  const colon = target.lastIndexOf(':')
  const host = target.slice(0, Math.max(colon, 0)).replaceAll(/^\[|\]$/g, '')
  const virtual = parsePortNumber(virtualText)
  const own = parsePortNumber(target.slice(colon + 1))
  if (virtual === undefined || own === undefined) return undefined
  if (colon >= 0 && !LOOPBACK.has(host)) return undefined
  return allowed.some(([first, last]) => own >= first && own <= last) ? { virtual, own } : undefined
}

function parsePortNumber(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
