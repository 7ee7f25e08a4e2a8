import type { NameRefusal } from './name-refusal.ts'

const NAME_MAX_BYTES = 253 // RFC 1035 section 2.3.4, without the root label
const LABEL_MAX_BYTES = 63

/** One label: printable ASCII that no resolver, log or control line takes for anything but a letter of a name. */
const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?$/

/** Names that mean this machine (RFC 6761 section 6.3). */
const THIS_MACHINE = new Set(['localhost'])

/**
 * Names that only a local network can answer: RFC 6762 and its appendix G, RFC 8375, the private-use .internal, and
 * what is asked of the nearest resolver alone (RFC 9462, RFC 9665).
 */
const LOCAL_SUFFIXES = [
  ...['local', 'lan', 'internal', 'home.arpa', 'intranet', 'private', 'corp', 'home'],
  ...['resolver.arpa', 'service.arpa'],
]

/** Names that mean nothing outside tor's own notation, or in DNS (RFC 6761 sections 6.2 and 6.4, RFC 9476). */
const RESERVED_SUFFIXES = ['exit', 'noconnect', 'invalid', 'test', 'alt']

const endsIn = (name: string, suffix: string): boolean => name === suffix || name.endsWith(`.${suffix}`)

/** The last label of an address in any spelling of inet_aton(3): decimal, octal or hexadecimal. */
const NUMBER = /^(0[xX][0-9a-fA-F]*|[0-9]+)$/

/**
 * Judge a host name before tor sees it; undefined means that it may pass.
 *
 * `machineNames` are the names that this machine has given itself, in lower case.
 */
export function judgeName(name: string, machineNames: ReadonlySet<string>): NameRefusal | undefined {
  const bare = (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
  const labels = bare.split('.')
  if (bare.length === 0 || bare.length > NAME_MAX_BYTES) return 'malformed-name'
  if (!labels.every(label => label.length <= LABEL_MAX_BYTES && LABEL.test(label))) return 'malformed-name'
  const last = labels.at(-1) ?? ''
  // `127.1`, `0x7f000001`, `2130706433`: an exit's resolver may take them for an address of its own machine.
  if (NUMBER.test(last)) return 'malformed-name'
  if (THIS_MACHINE.has(last) || machineNames.has(bare)) return 'this-machine'
  if (endsIn(bare, 'i2p')) return 'i2p'
  if (RESERVED_SUFFIXES.some(suffix => endsIn(bare, suffix))) return 'reserved-name'
  // A single label is a name of this machine's network, or a search suffix is missing: no exit can know it.
  if (labels.length === 1 || LOCAL_SUFFIXES.some(suffix => endsIn(bare, suffix))) return 'local-name'
  return undefined
}
