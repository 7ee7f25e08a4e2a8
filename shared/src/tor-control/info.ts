import { type Malformed, malformed } from '../errors/index.ts'
import { type CircuitEvent, parseCircuit } from './circuit-event.ts'
import { parseQuoted } from './quoted-string.ts'
import { parseRelay, type Relay } from './relay.ts'
import { OK, type Reply } from './reply.ts'
import { parseStream, type StreamEvent } from './stream-event.ts'

/** Read the answer to GETINFO (control-spec 3.9): what was asked for, and what tor says, verbatim. */
export function parseGetInfo(reply: Reply): ReadonlyMap<string, string> | Malformed {
  if (reply.status !== OK) return malformed('GETINFO status')
  const values = new Map<string, string>()
  for (const { text, data } of reply.lines.slice(0, -1)) {
    const equals = text.indexOf('=')
    if (equals <= 0) return malformed('GETINFO line')
    values.set(text.slice(0, equals), data ?? text.slice(equals + 1))
  }
  return values
}

/** Read the value of `circuit-status` (control-spec 3.9). */
export const parseCircuitStatus = (value: string): readonly CircuitEvent[] | Malformed =>
  parseLines(value, parseCircuit)

/** Read the value of `stream-status` (control-spec 3.9). */
export const parseStreamStatus = (value: string): readonly StreamEvent[] | Malformed => parseLines(value, parseStream)

/** A guard and what tor thinks of it. */
export interface EntryGuard {
  readonly relay: Relay
  /** `up`, `never-connected`, `unusable`, `down` and the like. */
  readonly status: string
}

/** Read the value of `entry-guards` (control-spec 3.9): the first is the one that tor prefers. */
export const parseEntryGuards = (value: string): readonly EntryGuard[] | Malformed =>
  parseLines(value, line => {
    const [name = '', status] = line.split(' ', 2)
    const relay = parseRelay(name)
    return relay === undefined || status === undefined ? malformed('entry-guards line') : { relay, status }
  })

function parseLines<T extends object>(value: string, parse: (line: string) => T | Malformed): readonly T[] | Malformed {
  const items: T[] = []
  for (const line of value.split('\n')) {
    if (line === '') continue
    const item = parse(line)
    if ('why' in item) return item
    items.push(item)
  }
  return items
}

/** Read the value of `net/listeners/…` (control-spec 3.9): quoted addresses, those of AF_UNIX as `unix:PATH`. */
export function parseListeners(value: string): readonly string[] | Malformed {
  const listeners: string[] = []
  for (let at = 0; at < value.length; ) {
    const quoted = parseQuoted(value, at)
    if (quoted === undefined || (quoted.end < value.length && value[quoted.end] !== ' ')) return malformed('listeners')
    listeners.push(quoted.value)
    at = quoted.end + 1
  }
  return listeners
}

/** Read the value of `ip-to-country/…` (control-spec 3.9): two lower-case letters, or undefined if not known (`??`). */
export function parseCountry(value: string): string | undefined {
  return /^[a-z]{2}$/i.test(value) ? value.toLowerCase() : undefined
}

/**
 * Read the value of `consensus/valid-after` and the like (control-spec 3.9): `YYYY-MM-DD HH:MM:SS` in UTC. Return
 * milliseconds since 1970, or undefined; a time that does not exist is none.
 */
export function parseConsensusTime(value: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(value)) return undefined
  const text = `${value.replace(' ', 'T')}.000Z`
  const ms = Date.parse(text)
  return Number.isNaN(ms) || new Date(ms).toISOString() !== text ? undefined : ms
}
