import { isIPv4, isIPv6 } from 'node:net'

/** Where a relay, a directory authority or a bridge takes connections. */
export interface Relay {
  readonly family: 'ipv4' | 'ipv6'
  readonly address: string
  readonly port: number
}

/** A consensus has some ten thousand relays with two addresses each at most. */
const RELAYS_MAX = 100_000

/**
 * Read the addresses of relays out of a consensus as tor keeps it (dir-spec 3.4.1), of either flavour: the onion router
 * ports of `r` and `a` lines, and the ports of the authorities of `dir-source` lines. Nothing is verified: tor has done
 * that before it kept the file, which belongs to tor's user.
 */
export function readRelays(consensus: string): readonly Relay[] {
  const relays: Relay[] = []
  for (const line of consensus.split('\n')) {
    const [keyword, ...words] = line.split(' ')
    // r: nickname identity [digest] date time address or-port dir-port; the digest is left out in one flavour.
    if (keyword === 'r') add(relays, words.at(-3), words.at(-2))
    // dir-source: nickname identity name address dir-port or-port
    else if (keyword === 'dir-source') {
      add(relays, words[3], words[4])
      add(relays, words[3], words[5])
    } else if (keyword === 'a') addPlace(relays, words[0] ?? '')
    if (relays.length >= RELAYS_MAX) break
  }
  return relays
}

/** Read a place as people write it, `192.0.2.7:443` or `[2001:db8::7]:443`, or return undefined. */
export function parsePlace(text: string): Relay | undefined {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text) ?? []
  return toRelay(bracketed ?? plain, port)
}

function addPlace(relays: Relay[], text: string): void {
  const relay = parsePlace(text)
  if (relay !== undefined) relays.push(relay)
}

function add(relays: Relay[], address: string | undefined, port: string | undefined): void {
  const relay = toRelay(address, port)
  if (relay !== undefined) relays.push(relay)
}

/** Whatever else stands in a file never becomes part of a rule. */
function toRelay(address = '', text = ''): Relay | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65_535) return undefined
  if (isIPv4(address)) return { family: 'ipv4', address, port }
  return isIPv6(address) && !address.includes('%') ? { family: 'ipv6', address, port } : undefined
}
