import { type Malformed, malformed } from '../errors/index.ts'
import { parseCount } from './fields.ts'

/** What the consensus says about a relay, as far as Cordon shows it. */
export interface RouterStatus {
  readonly nickname: string
  /** Forty upper-case hexadecimal digits. */
  readonly fingerprint: string
  readonly address: string
  readonly orPort: number
  readonly flags: readonly string[]
}

/** Base64 of a 20-byte identity without padding (dir-spec 3.4.1). */
const IDENTITY = /^[A-Za-z0-9+/]{27}$/

/**
 * Read the value of `ns/id/…` (control-spec 3.9, dir-spec 3.4.1): an `r` line and an `s` line, others let go.
 *
 * Return undefined for an empty value: the relay is in no consensus that tor has.
 */
export function parseRouterStatus(value: string): RouterStatus | Malformed | undefined {
  if (value === '') return undefined
  const lines = value.split('\n')
  // r Nickname Identity Digest Date Time Address ORPort DirPort
  const [, nickname, identity = '', , , , address, orPortText] = findLine(lines, 'r')?.split(' ', 9) ?? []
  const orPort = parseCount(orPortText)
  const flags = findLine(lines, 's')?.split(' ').slice(1)
  if (nickname === undefined || address === undefined || !IDENTITY.test(identity)) return malformed('router status r')
  if (orPort === undefined || orPort > 0xffff) return malformed('router status port')
  if (flags === undefined) return malformed('router status s')
  const fingerprint = Buffer.from(identity, 'base64').toString('hex').toUpperCase()
  return { nickname, fingerprint, address, orPort, flags: flags.filter(flag => flag !== '') }
}

const findLine = (lines: readonly string[], keyword: string): string | undefined =>
  lines.find(line => line === keyword || line.startsWith(`${keyword} `))
