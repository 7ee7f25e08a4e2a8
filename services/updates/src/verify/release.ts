import { parseParagraph } from './deb822.ts'
import { refuse } from './fault.ts'

/** One index as a Release names it. */
export interface IndexEntry {
  readonly sha256: string
  readonly bytes: number
}

/** What a signed Release says (Debian wiki, "DebianRepository/Format"). */
export interface Release {
  readonly suite: string | undefined
  readonly codename: string | undefined
  readonly version: string | undefined
  readonly architectures: readonly string[]
  readonly components: readonly string[]
  readonly dateMs: number
  readonly validUntilMs: number | null
  /** Whether indexes may be asked for by their hash, so that one that changes is no mix-and-match. */
  readonly byHash: boolean
  readonly indexes: ReadonlyMap<string, IndexEntry>
}

/** Parse the signed text of a Release, or throw a Fault `UPD_MALFORMED`. SHA256 alone counts; weaker ones are ignored. */
export function parseRelease(text: string): Release {
  const fields = parseParagraph(text)
  const indexes = new Map<string, IndexEntry>()
  for (const line of (fields.get('sha256') ?? '').split('\n').filter(one => one !== '')) {
    const [, sha256, bytes, path] = /^([0-9a-f]{64})\s+([0-9]{1,15})\s+(\S+)$/.exec(line) ?? []
    if (sha256 === undefined || bytes === undefined || path === undefined) throw malformed('a hash is misshapen')
    if (path.startsWith('/') || path.split('/').includes('..')) throw malformed('a path leads away')
    indexes.set(path, { sha256, bytes: Number(bytes) })
  }
  const dateMs = readDate(fields.get('date'))
  if (dateMs === undefined) throw malformed('it has no date')
  const validUntil = fields.get('valid-until')
  const validUntilMs = readDate(validUntil)
  // A promise that cannot be read must not count as none.
  if (validUntil !== undefined && validUntilMs === undefined) throw malformed('Valid-Until is no date')
  return {
    suite: fields.get('suite'),
    codename: fields.get('codename'),
    version: fields.get('version'),
    architectures: words(fields.get('architectures')),
    components: words(fields.get('components')),
    dateMs,
    validUntilMs: validUntilMs ?? null,
    byHash: fields.get('acquire-by-hash') === 'yes',
    indexes,
  }
}

const words = (text = ''): readonly string[] => text.split(/\s+/).filter(word => word !== '')

/** RFC 5322 dates in UTC, as apt takes them; `+0000` is what some archives write. */
function readDate(text: string | undefined): number | undefined {
  if (
    text === undefined ||
    !/^(?:[A-Z][a-z]{2}, )?[0-9 ][0-9]? [A-Z][a-z]{2} [0-9]{4} [0-9:]{7,8} (UTC|GMT|[+]0000)$/.test(text)
  ) {
    return undefined
  }
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

const malformed = (why: string): Error => refuse('UPD_MALFORMED', `the Release cannot be read: ${why}`)
