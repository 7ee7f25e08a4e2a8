import { SaxesParser } from 'saxes'
import { refuse } from './fault.ts'

/** One entry of an Atom (RFC 4287) or RSS 2.0 feed. */
export interface FeedEntry {
  readonly title: string
  readonly link: string
  readonly publishedAtMs: number | null
}

const ENTRIES_MAX = 1000
const TEXT_MAX = 4096
const DEPTH_MAX = 32

/** Parse a feed, or throw a Fault `UPD_MALFORMED`. Document types, and so entities of the feed's own, are refused. */
export function parseFeed(content: Uint8Array): readonly FeedEntry[] {
  const entries: FeedEntry[] = []
  const path: string[] = []
  let entry = { title: '', link: '', date: '' }
  let text = ''
  const parser = new SaxesParser()
  parser.on('error', cause => fail('it is no XML', cause))
  parser.on('doctype', () => fail('it defines a document type'))
  parser.on('opentag', ({ name, attributes }) => {
    path.push(name)
    if (path.length > DEPTH_MAX) fail('it is too deep')
    text = ''
    if (isEntry(name)) entry = { title: '', link: '', date: '' }
    // Atom: an address in an attribute; `rel` left out means the alternate one.
    const { rel = 'alternate', href } = attributes
    if (name === 'link' && href !== undefined && rel === 'alternate' && isEntry(path.at(-2))) entry.link = href
  })
  parser.on('text', more => {
    if (text.length < TEXT_MAX) text = (text + more).slice(0, TEXT_MAX)
  })
  parser.on('closetag', ({ name }) => {
    path.pop()
    if (isEntry(path.at(-1))) {
      if (name === 'title') entry.title = text.trim()
      if (name === 'link' && text.trim() !== '') entry.link = text.trim()
      if (name === 'updated' || name === 'pubDate') entry.date = text.trim()
    }
    if (!isEntry(name)) return
    const { title, link, date } = entry
    const publishedAtMs = Date.parse(date)
    if (entries.length >= ENTRIES_MAX) fail('it has too many entries')
    entries.push({ title, link, publishedAtMs: Number.isNaN(publishedAtMs) ? null : publishedAtMs })
  })
  parser.write(Buffer.from(content).toString('utf8')).close()
  return entries
}

const isEntry = (name: string | undefined): boolean => name === 'entry' || name === 'item'

function fail(why: string, cause?: unknown): never {
  throw refuse('UPD_MALFORMED', `the feed cannot be read: ${why}`, { cause })
}
